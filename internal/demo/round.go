package demo

import (
	"reflect"
	"time"
)

// Rounded gives a body with its durations as the record writes them. The live
// play goes on with these, so a fold over the record comes to the same state.
func Rounded(b Body) Body {
	v := reflect.New(reflect.TypeOf(b)).Elem()
	v.Set(reflect.ValueOf(b))
	if !round(v) {
		return b
	}
	out, _ := v.Interface().(Body)
	return out
}

var (
	millisType = reflect.TypeFor[Millis]()
	microsType = reflect.TypeFor[Micros]()
	timeType   = reflect.TypeFor[time.Time]()
)

// round changes v in place, and copies what v shares with others before that. It
// says whether anything changed.
func round(v reflect.Value) bool {
	switch {
	case v.Type() == millisType:
		return roundTo(v, int64(time.Duration(v.Int()).Round(time.Millisecond)))
	case v.Type() == microsType:
		return roundTo(v, v.Int()/int64(time.Microsecond)*int64(time.Microsecond))
	case v.Type() == timeType:
		return false
	}
	changed := false
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() && round(v.Field(i)) {
				changed = true
			}
		}
	case reflect.Slice:
		if v.IsNil() || !holdsDurations(v.Type().Elem()) {
			return false
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			changed = round(own.Index(i)) || changed
		}
		if changed {
			v.Set(own)
		}
	case reflect.Pointer:
		if v.IsNil() || !holdsDurations(v.Type().Elem()) {
			return false
		}
		own := reflect.New(v.Type().Elem())
		own.Elem().Set(v.Elem())
		if changed = round(own.Elem()); changed {
			v.Set(own)
		}
	}
	return changed
}

func roundTo(v reflect.Value, n int64) bool {
	if n == v.Int() {
		return false
	}
	v.SetInt(n)
	return true
}

// holdsDurations says whether a value of this type can hold something to round.
func holdsDurations(t reflect.Type) bool {
	switch t {
	case millisType, microsType:
		return true
	case timeType:
		return false
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsDurations(t.Field(i).Type) {
				return true
			}
		}
	case reflect.Slice, reflect.Pointer:
		return holdsDurations(t.Elem())
	}
	return false
}

package text

import (
	"reflect"
	"strings"
	"time"
)

// Harmless gives s as it is, or clean where it holds something that is not shown. Unlike
// Clean it keeps tabs, and lines of any length.
func Harmless(s string) string {
	if !strings.ContainsFunc(s, Harms) {
		return s
	}
	c := Cleaner{MaxLine: DefaultMaxBytes}
	lines := strings.Split(s, "\t")
	for i, l := range lines {
		lines[i] = c.Clean(l) + c.Flush()
	}
	return strings.Join(lines, "\t")
}

// Harms says whether a terminal obeys r, or does not show it as a character of its own.
func Harms(r rune) bool {
	if r >= ' ' && r < 0x7f || r == '\n' || r == '\t' {
		return false
	}
	return hidden(r)
}

// Each replaces every text below the value that to points at. Pointers, slices and maps
// are copied first: somebody else may hold them too.
func Each(to any, change func(string) string) { each(reflect.ValueOf(to).Elem(), change) }

func each(v reflect.Value, change func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(change(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			each(own.Elem(), change)
			if v.CanSet() {
				v.Set(own)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type() != reflect.TypeFor[time.Time]() {
				each(v.Field(i), change)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			each(v.Index(i), change)
		}
	case reflect.Slice:
		if v.Len() == 0 || !v.CanSet() {
			return
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len()) // the state may hold the other
		reflect.Copy(own, v)
		for i := range own.Len() {
			each(own.Index(i), change)
		}
		v.Set(own)
	case reflect.Map:
		eachOf(v, change)
	}
}

func eachOf(v reflect.Value, change func(string) string) {
	if v.Len() == 0 || v.Type().Key().Kind() != reflect.String || !v.CanSet() {
		return
	}
	own := reflect.MakeMap(v.Type())
	for k, x := range v.Seq2() {
		key, value := reflect.New(k.Type()).Elem(), reflect.New(x.Type()).Elem()
		key.Set(k)
		value.Set(x)
		each(key, change)
		each(value, change)
		own.SetMapIndex(key, value)
	}
	v.Set(own)
}

package tui

import (
	"reflect"
	"testing"

	"github.com/charmbracelet/bubbles/key"
	"github.com/stretchr/testify/require"
	"github.com/tikv-demo/tikv-demo/internal/words"
)

// Every binding of the screen is in the reference, but for those that only move
// within what lies over it and the digits of a question.
func TestTheReferenceHasEveryKey(t *testing.T) {
	listed := map[string]bool{}
	for _, k := range Keys() {
		require.NotEmpty(t, k.Does)
		require.False(t, listed[k.Keys], "%s is listed twice", k.Keys)
		listed[k.Keys] = true
	}
	bindings := reflect.ValueOf(newKeyMap(words.English))
	for i := range bindings.NumField() {
		switch name := bindings.Type().Field(i).Name; name {
		case "Up", "Down", "PageUp", "PageDown", "Left", "Right", "Choose", "Pick":
		default:
			require.True(t, listed[written(bindings.Field(i).Interface().(key.Binding).Keys())], name)
		}
	}
}

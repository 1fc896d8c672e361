package docker

import (
	"regexp"
	"slices"
)

// Variable is one that changes the Compose file, with its default.
type Variable struct{ Name, Default string }

var variable = regexp.MustCompile(`\$\{([A-Z0-9_]+):-([^}]*)\}`)

// Variables lists those that the Compose file reads, in its order.
func Variables() []Variable {
	b, err := Files.ReadFile("compose.yaml")
	if err != nil {
		return nil // it is part of the program
	}
	var all []Variable
	for _, m := range variable.FindAllSubmatch(b, -1) {
		v := Variable{string(m[1]), string(m[2])}
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

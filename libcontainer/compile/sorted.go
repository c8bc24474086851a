package compile

import (
	"maps"
	"slices"
)

// sortedKeys makes the order of what comes out of a JSON object stable.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

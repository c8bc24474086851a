package state

import (
	"errors"
	"os"

	"rt/libcontainer/internal/sys"
)

// ResourcesFile holds the resources in force after the first update, as JSON. Until
// then they are those of the container's configuration.
const ResourcesFile = "resources.json"

// SaveResources replaces the resources in force atomically.
func (l *Locked) SaveResources(data []byte) error { return l.replace(ResourcesFile, data) }

// Resources reads what SaveResources wrote; nil if there was no update.
func (l *Locked) Resources() ([]byte, error) {
	data, err := sys.ReadFile(l.Path+"/"+ResourcesFile, maxRecord)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

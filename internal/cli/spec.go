package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rt/libcontainer/spec"
)

var specCommand = command{
	name:  "spec",
	brief: "write a config.json to start from",
	help: `Writes config.json for a new bundle: a shell on a terminal, in a read-only root file
system "rootfs" next to the file. An existing config.json is left alone.`,
	setup: func(f *flagSet) action {
		bundle := "."
		var rootless bool
		f.text(&bundle, "bundle", "b", "DIR", "the bundle (default: the working directory)")
		f.toggle(&rootless, "rootless", "", "for a user without privileges: with a user namespace, without limits")
		return func(c *call) (int, error) {
			s := spec.Default()
			if rootless {
				spec.Rootless(s, uint32(os.Geteuid()), uint32(os.Getegid()))
			}
			b, err := json.MarshalIndent(s, "", "\t")
			if err != nil {
				return 0, err
			}
			return 0, writeNew(filepath.Join(bundle, "config.json"), append(b, '\n'))
		}
	},
}

// writeNew writes a file that must not exist, and leaves none behind if that
// fails half way.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: remove it first or name another bundle", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

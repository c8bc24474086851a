package cgroup

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libcontainer/cgroup/setting"
)

// Change is Apply, except that nothing stays changed if it fails. undo brings back
// what was in force before. What that was is asked of the kernel, because a
// configuration does not say what was never configured.
func Change(set *setting.Set) (undo func() error, err error) {
	before, err := Before(set.Writes)
	if err != nil {
		return nil, err
	}
	undo = func() error { return bringBack(before) }
	if err := Apply(set); err != nil {
		if failed := undo(); failed != nil {
			return nil, fmt.Errorf("%w; then %w", err, failed)
		}
		return nil, err
	}
	return undo, nil
}

// Before makes the writes that undo others, in the opposite order. What was handed
// down to cgroups below stays: others may have come to rely on it.
func Before(writes []setting.Write) (before []setting.Write, err error) {
	for _, w := range slices.Backward(writes) {
		if w.File == "cgroup.subtree_control" {
			continue
		}
		data, err := readFile(w.Dir + "/" + w.File)
		switch {
		case err == unix.ENOENT, err == unix.ENODEV, err == unix.EOPNOTSUPP:
			continue // the write will be skipped too, or say why it fails
		case err != nil:
			return nil, fmt.Errorf("%s: %s/%s: %w", w.Field, w.Dir, w.File, err)
		}
		if value := previous(w.File, w.Value, string(data)); value != "" {
			w.Value = value
			before = append(before, w)
		}
	}
	return before, nil
}

// bringBack does the writes that undo others. Some of those were perhaps never done,
// and undoing them may be refused for the same reason: what counts is what is in
// force in the end. The order is that of Apply.
func bringBack(before []setting.Write) error {
	todo := before
	for {
		var again []setting.Write
		var first error
		for _, w := range todo {
			if err := Write(w.Dir, w.File, w.Value, false); err != nil {
				again = append(again, w)
				if first == nil {
					first = fmt.Errorf("bringing back what was before: %s: %w", w.Field, err)
				}
			}
		}
		if len(again) < len(todo) && len(again) > 0 {
			todo = again
			continue
		}
		for _, w := range again {
			data, err := readFile(w.Dir + "/" + w.File)
			if err == nil && previous(w.File, w.Value, string(data)) != w.Value {
				return first
			}
		}
		return nil
	}
}

// previous is what has to be written to a file with the given content to undo the
// write of a value. Files that have one line for each device or interface take and
// show the same lines; a device without a line has the default.
func previous(file, value, content string) string {
	content = strings.TrimSpace(content)
	first, _, _ := strings.Cut(content, "\n")
	key, _, keyed := strings.Cut(value, " ")
	switch {
	case file == "memory.oom_control":
		return keyedText(content, "oom_kill_disable")
	case !keyed, file == "cpu.max":
		if content == "" {
			return "\n" // an empty cpuset; a write of no bytes would not arrive
		}
		return strings.TrimPrefix(first, "default ")
	}
	if rest := keyedText(content, key); rest != "" {
		return key + " " + rest
	}
	switch {
	case strings.HasPrefix(file, "blkio.throttle."):
		return key + " 0"
	case file == "io.max":
		return key + " rbps=max wbps=max riops=max wiops=max"
	case strings.Contains(file, "weight"):
		return key + " default"
	}
	return ""
}

// keyedText is the rest of the line that begins with a key.
func keyedText(content, key string) string {
	for line := range strings.Lines(content) {
		if rest, ok := strings.CutPrefix(line, key+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

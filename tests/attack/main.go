// attack is the hostile side of tests/attack: it changes a root file system while
// containers are made of it, and makes root file systems that no honest image has.
//
//	attack race NAME [-runtime rt] [-rootfs DIR] [-dir DIR] [-id ID] [-rounds N]
//	attack zoo       [the same] [-seed N]
//	attack races
//
// The exit status is 0 if the host is what it was and every container saw nothing
// but its own; each finding is one line on stdout. The last line is a summary.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
)

// options are what both attacks take.
type options struct {
	runtime, rootfs, dir, id string
	rounds                   int
	seed                     uint64
	verbose                  bool
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: attack race NAME | zoo | races")
		os.Exit(2)
	}
	o := &options{}
	set := flag.NewFlagSet("attack", flag.ExitOnError)
	set.StringVar(&o.runtime, "runtime", "rt", "the runtime that is attacked")
	set.StringVar(&o.rootfs, "rootfs", "", "the root file system that is copied and spoilt")
	set.StringVar(&o.dir, "dir", "", "an empty directory to work in")
	set.StringVar(&o.id, "id", "rt-attack", "how ids and cgroups of the containers begin")
	set.IntVar(&o.rounds, "rounds", 200, "how many containers are made")
	set.Uint64Var(&o.seed, "seed", 1, "where the random root file systems begin")
	set.BoolVar(&o.verbose, "v", false, "print every call that failed")
	var findings int
	var err error
	switch verb := os.Args[1]; {
	case verb == "races":
		for _, r := range races {
			fmt.Println(r.name)
		}
	case verb == "zoo":
		_ = set.Parse(os.Args[2:])
		findings, err = runZoo(o)
	case verb == "race" && len(os.Args) > 2:
		_ = set.Parse(os.Args[3:])
		i := slices.IndexFunc(races, func(r race) bool { return r.name == os.Args[2] })
		if i < 0 {
			err = fmt.Errorf("no race %q", os.Args[2])
			break
		}
		runtime.GOMAXPROCS(max(runtime.NumCPU(), 2)) // the swapper never yields
		findings, err = runRace(&races[i], o)
	default:
		err = fmt.Errorf("unknown attack %q", verb)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(2)
	}
	if findings > 0 {
		os.Exit(1)
	}
}

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// swapper exchanges pairs of names for as long as it is not held, each exchange one
// atomic system call: between any two look-ups of the runtime a directory can become
// a symbolic link and back.
type swapper struct {
	mu    sync.Mutex
	pairs []pair
	swaps atomic.Uint64
	ended atomic.Bool
	done  sync.WaitGroup
}

// pair is two names in one directory.
type pair struct{ dir, a, b string }

func startSwapper(pairs []pair) *swapper {
	s := &swapper{pairs: pairs}
	s.mu.Lock()
	s.done.Add(1)
	go s.loop()
	return s
}

// batch is how many exchanges of each pair are made before the swapper can be held.
const batch = 16

func (s *swapper) loop() {
	runtime.LockOSThread()
	defer s.done.Done()
	for !s.ended.Load() {
		s.mu.Lock()
		for range batch {
			for _, p := range s.pairs {
				a, b := filepath.Join(p.dir, p.a), filepath.Join(p.dir, p.b)
				if unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE) == nil {
					s.swaps.Add(1)
				}
			}
		}
		s.mu.Unlock()
		runtime.Gosched() // lets hold take the lock
	}
}

// release lets the swapper run; hold stops it, with every pair in its first order.
func (s *swapper) release() { s.mu.Unlock() }

func (s *swapper) hold() { s.mu.Lock() }

func (s *swapper) end() {
	s.ended.Store(true)
	s.mu.Unlock()
	s.done.Wait()
}

// straighten puts the pair back so that a is what first says it is.
func (p pair) straighten(first func(os.FileInfo) bool) {
	st, err := os.Lstat(filepath.Join(p.dir, p.a))
	if err == nil && !first(st) {
		a, b := filepath.Join(p.dir, p.a), filepath.Join(p.dir, p.b)
		_ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	}
}

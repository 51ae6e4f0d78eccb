package vault

import (
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"
)

// simDisk is a disk that can lose power. It passes everything on to real files
// and keeps beside them what is certain to survive: the bytes as of the last
// sync, and what was written since. It can also make one call fail.
type simDisk struct {
	mu    sync.Mutex
	files map[string]*simState // by base name
	log   []op                 // of every write and sync

	left   int  // calls until one fails; negative: none does
	apply  bool // the failing call takes effect all the same
	failed bool
	real   bool // syncs reach the real disk too
}

// op is one write or sync, as an observer of the disk sees it.
type op struct {
	file string
	off  int64
	n    int // bytes, or -1 for a sync
}

type simState struct {
	durable []byte
	pending []simWrite
}

type simWrite struct {
	off  int64
	data []byte // nil: cut to off
}

func newSim(t testing.TB, dir string) *simDisk {
	s := &simDisk{files: map[string]*simState{}, left: -1}
	for name, b := range snapshot(t, dir) {
		s.files[name] = &simState{durable: b}
	}
	return s
}

func (s *simDisk) disk() disk {
	return disk{vfs: simVFS{s}, open: func(path string) (file, error) {
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		return &simFile{s, filepath.Base(path), f}, nil
	}}
}

var errSim = errors.New("the simulated disk refuses")

// step counts a call. It reports whether the call takes effect, and the error
// it gives.
func (s *simDisk) step(o op) (effect bool, err error) {
	s.log = append(s.log, o)
	if s.left < 0 {
		return true, nil
	}
	if s.left--; s.left >= 0 {
		return true, nil
	}
	s.failed = true
	if o.n >= 0 {
		return s.apply, &os.PathError{Op: "write", Path: o.file, Err: syscall.ENOSPC}
	}
	return s.apply, errSim
}

func (s *simDisk) state(name string) *simState {
	if s.files[name] == nil {
		s.files[name] = &simState{}
	}
	return s.files[name]
}

func (s *simDisk) write(name string, p []byte, off int64, do func() (int, error)) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	effect, err := s.step(op{name, off, len(p)})
	if !effect {
		return 0, err
	}
	st := s.state(name)
	st.pending = append(st.pending, simWrite{off, append([]byte{}, p...)})
	n, werr := do()
	return n, errors.Join(err, werr)
}

func (s *simDisk) cut(name string, size int64, do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state(name)
	st.pending = append(st.pending, simWrite{size, nil})
	return do()
}

func (s *simDisk) sync(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	effect, err := s.step(op{name, 0, -1})
	if effect {
		st := s.state(name)
		for _, w := range st.pending {
			st.durable = w.on(st.durable, 0, len(w.data))
		}
		st.pending = nil
	}
	return err
}

// on puts a part of the write onto b.
func (w simWrite) on(b []byte, from, to int) []byte {
	if w.data == nil {
		for int64(len(b)) < w.off {
			b = append(b, 0)
		}
		return b[:w.off]
	}
	for int64(len(b)) < w.off+int64(to) {
		b = append(b, 0)
	}
	copy(b[w.off+int64(from):], w.data[from:to])
	return b
}

// sector is what the simulated disk writes whole or not at all. It is smaller
// than what SQLite is told, which is the point.
const sector = 512

// powerCut gives what may be found on the disk after the power went: of each
// write since the last sync, any of its sectors.
func (s *simDisk) powerCut(rnd *rand.Rand) files {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := files{}
	for _, name := range slices.Sorted(maps.Keys(s.files)) { // in one order, so that a seed means one thing
		st := s.files[name]
		b := append([]byte{}, st.durable...)
		for _, w := range st.pending {
			odds := rnd.IntN(5) // 0: nothing of it, 4: all of it
			if w.data == nil {
				if rnd.IntN(4) < odds {
					b = w.on(b, 0, 0)
				}
				continue
			}
			for i := 0; i < len(w.data); i += sector {
				if rnd.IntN(4) < odds {
					b = w.on(b, i, min(i+sector, len(w.data)))
				}
			}
		}
		out[name] = b
	}
	return out
}

type simFile struct {
	s    *simDisk
	name string
	file
}

func (f *simFile) WriteAt(p []byte, off int64) (int, error) {
	return f.s.write(f.name, p, off, func() (int, error) { return f.file.WriteAt(p, off) })
}
func (f *simFile) Sync() error { return f.s.sync(f.name) }

type simVFS struct{ s *simDisk }

func (v simVFS) inner() vfs.VFSFilename { return vfs.Find("").(vfs.VFSFilename) }
func (v simVFS) Open(string, vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, errors.New("temporary files are kept in memory")
}
func (v simVFS) OpenFilename(n *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := v.inner().OpenFilename(n, flags)
	if err != nil {
		return nil, flags, err
	}
	return &simDB{f, v.s, filepath.Base(n.String())}, flags, nil
}
func (v simVFS) Delete(name string, syncDir bool) error { return v.inner().Delete(name, syncDir) }
func (v simVFS) Access(name string, flags vfs.AccessFlag) (bool, error) {
	return v.inner().Access(name, flags)
}
func (v simVFS) FullPathname(name string) (string, error) { return v.inner().FullPathname(name) }

type simDB struct {
	vfs.File
	s    *simDisk
	name string
}

func (f *simDB) WriteAt(p []byte, off int64) (int, error) {
	return f.s.write(f.name, p, off, func() (int, error) { return f.File.WriteAt(p, off) })
}
func (f *simDB) Truncate(size int64) error {
	return f.s.cut(f.name, size, func() error { return f.File.Truncate(size) })
}
func (f *simDB) Sync(flags vfs.SyncFlag) error {
	if f.s.real {
		if err := f.File.Sync(flags); err != nil {
			return err
		}
	}
	return f.s.sync(f.name)
}

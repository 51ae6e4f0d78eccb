package vault

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"backchannel/internal/fault"
)

// The snapshot is a second form of the journal that reads faster: a row of
// blocks, each made by the desk of the entries from one position to another.
// It is a cache and nothing else. What it lacks is in the journal, so it is
// used as far as it is whole and of this journal, and may be deleted at any
// time.
//
// On disk a block is a sealed label, the sealed bytes, and noise up to a whole
// number of disk blocks, so that the file shows nothing but its length. The
// label says what the block holds and how the journal's chain stood behind it,
// and the bytes are bound to the label. A block is written behind the others
// and synced once; one that a crash cut short does not open, and the next is
// written over it.
type shots struct {
	mu   sync.Mutex          // guards what follows; held while the file is read or written, before Vault.mu
	box  atomic.Pointer[box] // goes with the ward
	file file                // nil until there is one
	end  int64               // where the next block goes
	to   uint64              // position up to which the blocks reach
	gone bool                // closed
}

// label is what a block says of itself.
type label struct {
	from, to uint64   // positions of the first entry in it and of the first behind
	chain    [32]byte // hash chain at to
	size     uint64   // bytes of the block, sealed
}

const (
	snapshotName = "snapshot"

	labelSize  = 8 + 8 + 32 + 8
	sealedMark = labelSize + boxOverhead

	// MaxBlock bounds one block, so that writing it is a short work.
	MaxBlock = 4 << 20
)

func (l label) bytes() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, labelSize), l.from)
	b = binary.BigEndian.AppendUint64(b, l.to)
	b = append(b, l.chain[:]...)
	return binary.BigEndian.AppendUint64(b, l.size)
}

func parseLabel(b []byte) label {
	return label{
		from: binary.BigEndian.Uint64(b), to: binary.BigEndian.Uint64(b[8:]),
		chain: [32]byte(b[16:48]), size: binary.BigEndian.Uint64(b[48:]),
	}
}

// room is what the block takes on disk.
func (l label) room() int64 { return int64(roundUp(sealedMark + int(l.size))) }

func labelAD() []byte             { return rowAD("snapshot-label", "") }
func (l label) bytesAD() []byte   { return append(rowAD("snapshot", ""), l.bytes()...) }
func (v *Vault) shotPath() string { return filepath.Join(v.dir, snapshotName) }

// openShot opens the file if there is one. The caller holds shot.mu.
func (v *Vault) openShot() error {
	s := &v.shot
	if s.gone {
		return errClosed()
	}
	if s.file != nil {
		return nil
	}
	f, err := v.disk.open(v.shotPath())
	if os.IsNotExist(err) {
		return fault.New(fault.NotFound, "vault.no-snapshot", "", "there is no snapshot")
	}
	if err != nil {
		return diskFault(err, "the vault's snapshot cannot be opened")
	}
	s.file = f
	return nil
}

// next reads the block at the end of what was read so far, and whether it is
// whole, of this journal, and follows on.
func (v *Vault) nextShot() (label, []byte, bool) {
	s := &v.shot
	head := make([]byte, sealedMark)
	if _, err := s.file.ReadAt(head, s.end); err != nil {
		return label{}, nil, false
	}
	plain, err := s.box.Load().open(nil, head, labelAD())
	if err != nil {
		return label{}, nil, false
	}
	l := parseLabel(plain)
	if l.from != s.to || l.to <= l.from || l.size > MaxBlock+boxOverhead {
		return label{}, nil, false
	}
	body := make([]byte, l.size)
	if _, err := s.file.ReadAt(body, s.end+sealedMark); err != nil && err != io.EOF {
		return label{}, nil, false
	}
	b, err := s.box.Load().open(body[:0], body, l.bytesAD())
	if err != nil {
		return label{}, nil, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.usable() != nil || l.to > v.counters.Next {
		return label{}, nil, false
	}
	chain, err := v.chainAt(l.to)
	return l, b, err == nil && chain == l.chain
}

// Snapshot calls fn for each block of the snapshot, in order, and gives the
// position from which on the journal must be read. A snapshot that is missing,
// torn, older than the journal, of another one, or put back to what it once
// was, is used as far as it is right, and no further: each block is sealed by
// this vault and bound to the journal's chain. A block that fn refuses ends it
// too. The next AppendSnapshot follows on there.
func (v *Vault) Snapshot(fn func(from, to uint64, block []byte) error) (uint64, error) {
	s := &v.shot
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end, s.to = 0, 0
	if err := v.openShot(); fault.Is(err, fault.NotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	for {
		l, b, ok := v.nextShot()
		if !ok || fn != nil && fn(l.from, l.to, b) != nil {
			return s.to, nil
		}
		s.end, s.to = s.end+l.room(), l.to
	}
}

// AppendSnapshot adds a block that holds the entries from one position to
// another, behind those that Snapshot read or that were added since. A block
// that does not follow on is left out: it is no error, since the snapshot is
// only a cache. It holds up nobody but others who want the snapshot. gone is how
// many entries of the journal its maker knew to be destroyed: if there are more
// by now, the block may hold the words of one, and is left out too.
func (v *Vault) AppendSnapshot(from, to, gone uint64, block []byte) error {
	s := &v.shot
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != s.to || to <= from {
		return nil
	}
	if len(block) > MaxBlock {
		return fault.New(fault.Limit, "vault.limit", "", "a block of %d bytes where at most %d are allowed", len(block), MaxBlock)
	}
	chain, err := v.chainBehind(to, gone)
	if err == errStop {
		return nil
	}
	if err != nil {
		return err
	}
	if err := v.openShot(); fault.Is(err, fault.NotFound) {
		f, err := os.OpenFile(v.shotPath(), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return diskFault(err, "the vault's snapshot cannot be made")
		}
		f.Close()
		if err := v.openShot(); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	l := label{from: from, to: to, chain: chain, size: uint64(len(block) + boxOverhead)}
	b := s.box.Load().seal(make([]byte, 0, l.room()), l.bytes(), labelAD())
	b = s.box.Load().seal(b, block, l.bytesAD())
	b = append(b, noise(int(l.room())-len(b))...)
	if _, err = s.file.WriteAt(b, s.end); err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		return diskFault(err, "the vault's snapshot cannot be written")
	}
	s.end, s.to = s.end+l.room(), to
	return nil
}

func (v *Vault) chainBehind(to, gone uint64) ([32]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return [32]byte{}, err
	}
	if gone != v.counters.Gone {
		return [32]byte{}, errStop
	}
	if to > v.counters.Next {
		return [32]byte{}, fault.New(fault.Internal, "vault.snapshot", "", "a snapshot up to %d of a journal that ends at %d", to, v.counters.Next)
	}
	return v.chainAt(to)
}

// SnapshotTo gives the position up to which the snapshot reaches, as far as it
// was read or written since the vault was opened.
func (v *Vault) SnapshotTo() uint64 {
	v.shot.mu.Lock()
	defer v.shot.mu.Unlock()
	return v.shot.to
}

// DropSnapshot deletes the snapshot. Nothing is lost: the journal holds all of
// it. Destroy does the same, and destroys the key of the old blocks.
func (v *Vault) DropSnapshot() error {
	v.shot.mu.Lock()
	defer v.shot.mu.Unlock()
	return v.dropSnapshot()
}

// dropSnapshot is DropSnapshot for who holds shot.mu.
func (v *Vault) dropSnapshot() error {
	s := &v.shot
	if s.file != nil {
		s.file.Close()
	}
	s.file, s.end, s.to = nil, 0, 0
	if err := os.Remove(v.shotPath()); err != nil && !os.IsNotExist(err) {
		return diskFault(err, "the vault's snapshot cannot be deleted")
	}
	return syncDir(v.dir)
}

// closeShot closes the file.
func (v *Vault) closeShot() error {
	s := &v.shot
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

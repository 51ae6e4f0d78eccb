package desk

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// The desk opens from the vault's snapshot and the tail of the journal behind
// it. The snapshot is kept up block by block, so that no part of it is ever
// written twice and keeping it up costs an entry the same whether it is the
// thousandth or the millionth. It is written
//
//   - on the beat: one block at most, at the moment of ingesting, away from
//     the sending, so that no tick waits for it (law 2);
//   - off the beat: right after what made it due, and when the desk opens.
//
// Nothing depends on it: whatever is wrong with it, the journal is read.
const (
	snapTail  = record.PackItems // entries behind the snapshot from which on a block is written
	snapBeat  = 1                // blocks at one beat
	snapAtAll = 1 << 20          // blocks where nothing waits
)

// replay builds the record: the snapshot, then the tail.
func (d *Desk) replay() error {
	packed := record.NewLoader(d.record.Keeper(), d.codec)
	from, err := d.vault.Snapshot(func(from, to uint64, block []byte) error { return packed.Block(block, int(to-from)) })
	if err != nil {
		return err
	}
	d.record = packed.Record()
	for i := range d.record.Len() {
		d.last = max(d.last, d.record.At(i).Known)
	}
	err = readJournal(d.vault, d.codec, from, func(_ uint64, it record.Item) error {
		d.last = max(d.last, it.Known)
		fresh, err := d.record.Add(d.codec, it)
		d.uneven = d.uneven || !fresh
		return err
	})
	if err == nil {
		d.keepSnapshot(d.record, snapAtAll)
	}
	return err
}

// keepSnapshot adds to the snapshot what r holds beyond it, if that is enough
// for a block. r must not grow meanwhile. A snapshot that cannot be written is
// no trouble of the keeper's: the journal has it all.
func (d *Desk) keepSnapshot(r *record.Record, most int) {
	for range most {
		from := d.vault.SnapshotTo()
		if uint64(r.Len()) < from+snapTail || d.uneven {
			return
		}
		block, n, err := d.codec.Pack(r, int(from))
		if err == nil {
			err = d.vault.AppendSnapshot(from, from+uint64(n), uint64(r.Gone()), block)
		}
		if err != nil {
			d.opt.Log.Warn("the snapshot was not kept up", "kind", string(fault.KindOf(err)))
			return
		}
	}
}

// snapshotOffBeat keeps the snapshot up where no tick can be delayed by it. The
// caller holds mu.
func (d *Desk) snapshotOffBeat() {
	d.post.mu.Lock()
	beating := slices.ContainsFunc(d.post.clocks, func(c *clock) bool { return c.beating })
	d.post.mu.Unlock()
	if !beating {
		d.keepSnapshot(d.record, snapAtAll)
	}
}

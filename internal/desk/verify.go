package desk

import (
	"bytes"
	"errors"
	"fmt"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// Report is what Verify found.
type Report struct {
	Keeper  record.Name  `json:"keeper"`
	Vault   vault.Report `json:"vault"`
	Entries int          `json:"entries"`
	Packed  uint64       `json:"packed"`            // entries that the snapshot holds as well
	People  []Traffic    `json:"people"`            // with whom entries were exchanged over lines
	Notices []string     `json:"notices,omitempty"` // what is not wrong and should be known
}

// Traffic counts what was exchanged with one person over lines.
type Traffic struct {
	With record.Name `json:"with"`
	Sent uint64      `json:"sent"`
	Came uint64      `json:"came"`
}

// Verify reads the whole vault in dir and checks it: every page and seal, the
// chain of the journal, every entry, and that what came over each line came
// once and in order. It changes nothing. It is also the oracle of the fault
// tests.
func Verify(dir string, passphrase []byte, progress func(done, total uint64)) (Report, error) {
	v, err := vault.Open(dir, passphrase)
	if err != nil {
		return Report{}, err
	}
	rep, err := verify(v, progress)
	return rep, errors.Join(err, v.Close())
}

func verify(v *vault.Vault, progress func(done, total uint64)) (rep Report, err error) {
	if err := v.RolledBack(); err != nil {
		rep.Notices = append(rep.Notices, err.Error())
	}
	if rep.Vault, err = v.Verify(progress); err != nil {
		return rep, err
	}
	keeper, err := v.Meta(metaKeeper)
	if err != nil {
		return rep, err
	}
	rep.Keeper = record.Name(keeper)
	r, codec := record.New(rep.Keeper), circle.Codec()
	last := map[record.Name]map[uint64]bool{}
	err = readJournal(v, codec, 0, func(pos uint64, it record.Item) error {
		fresh, err := r.Add(codec, it)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.New(fault.Corrupt, "desk.twice", "restore a backup, or ask for help", "entry %s stands twice in the journal", it.ID.Short())
		}
		if who := it.Came.Over(); who != "" {
			if it.By != who || it.Came.Number() == 0 {
				return fault.New(fault.Corrupt, "desk.order", "restore a backup, or ask for help", "entry %s at place %d did not come from %s", it.ID.Short(), pos, who)
			}
			if last[who] == nil {
				last[who] = map[uint64]bool{}
			}
			if n := it.Came.Number(); last[who][n] {
				rep.Notices = append(rep.Notices, fmt.Sprintf("From %s, two entries came under number %d: that vault was put back to an older copy.", who, n))
			} else {
				last[who][n] = true
			}
		}
		return nil
	})
	if err != nil {
		return rep, err
	}
	rep.Entries = r.Len()
	rep.tally(r)
	rep.Packed, err = verifySnapshot(v, codec, r)
	return rep, err
}

// verifySnapshot holds the snapshot against the journal, entry by entry. What
// of it does not open is no finding: it is a cache, and the desk does not use
// it either.
func verifySnapshot(v *vault.Vault, codec record.Codec, r *record.Record) (uint64, error) {
	var found error
	to, err := v.Snapshot(func(from, to uint64, block []byte) error {
		packed := record.NewLoader(r.Keeper(), codec)
		if err := packed.Block(block, int(to-from)); err != nil {
			return err
		}
		got := packed.Record()
		for i := range got.Len() {
			place := int(from) + i
			a, errA := codec.EncodeItem(*got.At(i))
			b, errB := codec.EncodeItem(*r.At(place))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				found = fault.New(fault.Corrupt, "desk.snapshot", "delete the file snapshot in the desk's folder; the journal holds all of it", "the snapshot has other words than the journal for entry %s, at place %d", r.At(place).ID.Short(), place)
				return found
			}
		}
		return nil
	})
	return to, errors.Join(err, found)
}

func (rep *Report) tally(r *record.Record) {
	came := map[record.Name]uint64{}
	var people []record.Name
	meet := func(n record.Name) {
		if _, met := came[n]; !met {
			came[n] = 0
			people = append(people, n)
		}
	}
	for _, it := range r.Known() {
		if who := it.Came.Over(); who != "" {
			meet(who)
			came[who]++
		}
		for _, n := range it.Audience {
			meet(n)
		}
	}
	for _, n := range people {
		rep.People = append(rep.People, Traffic{n, convey.Sent(r, n), came[n]})
		if first, last, missing := convey.Gap(r, n); missing {
			rep.Notices = append(rep.Notices, fmt.Sprintf("From %s, entries number %d to %d are not all here.", n, first, last))
		}
	}
}

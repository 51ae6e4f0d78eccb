package desk

import (
	"context"
	"slices"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/compare"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// DestroyOrder says what is to be destroyed, besides what retention says is
// due.
type DestroyOrder struct {
	Named  []keys.ID `cbor:"1,keyasint,omitempty"` // entries that the keeper names now
	Only   bool      `cbor:"2,keyasint,omitempty"` // these alone, and nothing that is due
	Agreed bool      `cbor:"3,keyasint,omitempty"` // also what an agreement stands on, which the preview named
	Reason string    `cbor:"4,keyasint,omitempty"`

	// To see beforehand, with Preview alone, what a word of retention would do, or
	// closing the channel.
	If     *circle.Retention `cbor:"5,keyasint,omitempty"` // as if this had been entered
	Closed bool              `cbor:"6,keyasint,omitempty"` // as if the channel had been closed
	At     record.Instant    `cbor:"7,keyasint,omitempty"` // as it will be then; 0: now
}

func (o *DestroyOrder) circle(waits func(record.Seen) bool) circle.Order {
	return circle.Order{Named: o.Named, Only: o.Only, Agreed: o.Agreed, Waits: waits, If: o.If, Closed: o.Closed}
}

// Destruction is what a destruction takes, or took, and what stays.
type Destruction struct {
	Goes    []circle.Doom `json:"goes"`
	Stays   []circle.Doom `json:"stays"`
	Backups []Backup      `json:"backups,omitempty"` // that hold some of it; once it is destroyed, as they are now
}

// Destroy implements Handle. What goes is destroyed in the vault first, then
// the record is read anew from what is left, so that nothing in this process
// holds it but what others were handed.
func (d *Desk) Destroy(_ context.Context, m Mode, o DestroyOrder) (Destruction, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.destroy(m, o)
}

func (d *Desk) destroy(m Mode, o DestroyOrder) (Destruction, error) {
	if d.closed {
		return Destruction{}, fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
	}
	if m == Commit && (o.If != nil || o.Closed || o.At != 0) {
		return Destruction{}, fault.New(fault.Internal, "desk.destroy-if", "", "what is only supposed destroys nothing")
	}
	now, err := d.writeTime()
	if err != nil {
		return Destruction{}, err
	}
	out, err := d.dooms(now, o)
	if err != nil || m == Preview || len(out.Goes) == 0 {
		return out, err
	}
	if err := d.endCompares(); err != nil {
		return Destruction{}, err
	}
	var encoded [][]byte
	for _, it := range d.retaining(out.Goes, o, now) {
		b, err := d.codec.EncodeItem(it)
		if err != nil {
			return Destruction{}, err
		}
		encoded = append(encoded, b)
	}
	losses, err := d.losses(out.Goes, now)
	if err != nil {
		return Destruction{}, err
	}
	err = d.vault.Destroy(losses, func(tx *vault.Tx) error {
		for _, peer := range d.post.names() {
			if err := tx.DeleteMeta(metaCompare + string(peer)); err != nil {
				return err
			}
		}
		if err := staleBackups(tx, out.Backups, now); err != nil {
			return err
		}
		_, err := tx.Append(encoded...)
		return err
	})
	if err != nil {
		return Destruction{}, err
	}
	clear(d.compares)
	d.snap, d.ledger = nil, nil
	if err := d.replay(); err != nil {
		d.closed = true // what is in memory is not what is on disk
		return Destruction{}, err
	}
	d.changed()
	all, err := d.renewBackups()
	if err != nil { // that it is destroyed stands all the same
		d.opt.Log.Error("the backups are not known", "kind", string(fault.KindOf(err)))
	}
	for i, b := range out.Backups { // as they are now
		if j := slices.IndexFunc(all, func(x Backup) bool { return x.File == b.File }); j >= 0 {
			out.Backups[i] = all[j]
		}
	}
	return out, nil
}

// dooms gives what goes and what stays. The caller holds mu.
func (d *Desk) dooms(now record.Instant, o DestroyOrder) (out Destruction, err error) {
	waits, err := d.waiting()
	if err != nil {
		return out, err
	}
	p := d.snapshot().For(d.record.Keeper(), record.AsOf{})
	for _, id := range o.Named {
		if it, here := p.Get(id); !here {
			return out, fault.New(fault.NotFound, "desk.destroy-none", "look it up with `backchannel record`", "there is no entry %s here", id.Short())
		} else if _, gone := it.Body.(record.Destroyed); gone {
			return out, fault.New(fault.Exists, "desk.destroyed-already", "", "entry %s was destroyed before", id.Short())
		}
	}
	var oldest record.Instant
	for _, doom := range circle.Read(p).Dooms(accord.Read(p, max(now, o.At)), o.circle(waits)) {
		if doom.Stays != "" {
			out.Stays = append(out.Stays, doom)
			continue
		}
		out.Goes = append(out.Goes, doom)
		if it, here := p.Get(doom.Entry); here && (oldest == 0 || it.Known < oldest) {
			oldest = it.Known
		}
	}
	if len(out.Goes) > 0 {
		out.Backups, err = d.holders(oldest)
	}
	return out, err
}

// waiting gives a function that reports whether an entry has still to arrive
// somewhere: it waits itself, or it was exchanged with somebody for whom a
// message about comparing waits, whose digests could confirm a guess.
func (d *Desk) waiting() (func(record.Seen) bool, error) {
	ids, peers := map[keys.ID]bool{}, map[record.Name]bool{}
	frames, err := d.vault.Outbox()
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			return nil, err
		}
		if k.class == line.Control {
			d.post.mu.Lock()
			peers[d.post.peers[k.line].Name] = true
			d.post.mu.Unlock()
			continue
		}
		entries, err := convey.Contents(d.codec, f.Bytes)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			ids[e.ID] = true
		}
	}
	return func(it record.Seen) bool {
		over := it.Came.Over()
		return ids[it.ID] || over != "" && peers[over] || slices.ContainsFunc(it.Audience, func(n record.Name) bool { return peers[n] })
	}, nil
}

// endCompares takes back every comparison that is under way: it works with
// digests of entries. The caller holds mu.
func (d *Desk) endCompares() error {
	for peer, c := range d.compares {
		for _, is := range []*compare.Run{&c.Mine, &c.Theirs} {
			if is.Phase.Over() {
				continue
			}
			next, m, err := is.End()
			if err != nil {
				return err
			}
			*is = next
			if err := d.keepCompare(peer, c, &m, nil); err != nil && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Limit) {
				return err
			}
		}
	}
	return nil
}

// names gives whom the lines lead to.
func (p *post) names() (out []record.Name) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.peers {
		out = append(out, q.Name)
	}
	return out
}

// retaining gives a word of retention for each entry that the keeper names now,
// and puts it into its doom: nothing is destroyed without one.
func (d *Desk) retaining(goes []circle.Doom, o DestroyOrder, now record.Instant) (out []record.Item) {
	by := map[keys.ID]keys.ID{}
	for i := range goes {
		root := goes[i].Entry
		if !goes[i].With.IsZero() {
			root = goes[i].With
		}
		if !goes[i].By.IsZero() && !slices.Contains(o.Named, root) {
			continue
		}
		if by[root].IsZero() {
			it := d.logged(circle.Retention{Of: root, Policy: circle.DestroyOn, On: now, Text: o.Reason}, now)
			by[root] = it.ID
			out = append(out, it)
		}
		goes[i].By = by[root]
	}
	return out
}

// losses gives what goes as the vault wants it.
func (d *Desk) losses(goes []circle.Doom, now record.Instant) (out []vault.Loss, err error) {
	stubs := map[keys.ID][]byte{}
	for _, g := range goes {
		it, _ := d.record.Get(g.Entry)
		if d.record.WasTakenBack(it.ID) {
			it.Audience = nil // nobody was given it
		}
		b, err := d.codec.EncodeItem(record.Bury(it, record.Destroyed{On: now, By: g.By, Stood: g.Stood}))
		if err != nil {
			return nil, err
		}
		stubs[g.Entry] = b
		if place, _ := d.record.PlaceOf(g.Entry); !d.uneven {
			out = append(out, vault.Loss{Pos: uint64(place), Stub: b})
		}
	}
	if !d.uneven {
		return out, nil
	}
	err = readJournal(d.vault, d.codec, 0, func(pos uint64, it record.Item) error {
		if b, goes := stubs[it.ID]; goes {
			out = append(out, vault.Loss{Pos: pos, Stub: b})
		}
		return nil
	})
	return out, err
}

// sweep makes backups anew that were away when something was destroyed, destroys
// what retention says is due, and notes when something is due
// next. What an agreement stands on waits for its keeper's word. The caller
// holds mu.
func (d *Desk) sweep() error {
	if !d.closed {
		if _, err := d.renewBackups(); err != nil {
			return err
		}
	}
	if d.opt.KeepDue || d.closed || d.record.Stopped() != nil {
		return nil
	}
	defer func() { d.swept = d.record.Len() }()
	if _, said := d.record.Newest(circle.KindRetention); !said {
		return nil
	}
	c := circle.Read(d.snapshot().For(d.record.Keeper(), record.AsOf{}))
	d.nextDue = c.NextDue(d.now())
	_, err := d.destroy(Commit, DestroyOrder{})
	if err != nil {
		d.nextDue = d.now() // try again
	}
	return err
}

// sweepEvery is how often a desk looks whether something is due.
const sweepEvery = time.Minute

// sweeping looks at times whether something is due, until the desk closes. It
// takes Desk.mu, like anything that a person does, and nothing that a tick
// needs (law 2).
func (d *Desk) sweeping(ctx context.Context) {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		d.mu.Lock()
		if d.record.Len() != d.swept || d.nextDue != 0 && d.nextDue <= d.now() {
			if err := d.sweep(); err != nil {
				d.opt.Log.Error("what is due was not destroyed", "kind", string(fault.KindOf(err)))
			}
		}
		if !d.closed {
			d.wipeAgain()
		}
		d.mu.Unlock()
	}
}

// wipeAgain writes over what arrived since, on a desk that has ever destroyed
// something: it may have been sent to it twice. The caller holds mu.
func (d *Desk) wipeAgain() {
	if d.record.Gone() == 0 || d.post.line != nil && d.post.ctx.Err() != nil {
		return
	}
	if err := d.vault.WipeRing(); err != nil {
		d.opt.Log.Error("what arrived was not written over", "kind", string(fault.KindOf(err)))
	}
}

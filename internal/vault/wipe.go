package vault

// wipeRows is how many rows of the ring are written over while a Tick may wait.
const wipeRows = 64

// WipeRing writes over what the ring still holds of rows that are in the journal.
// Destroy does that too; but what was destroyed may arrive once more, sent
// before its sender knew that it had arrived.
func (v *Vault) WipeRing() error {
	v.deckMu.Lock()
	decks := v.decks
	v.deckMu.Unlock()
	for _, d := range decks {
		if d == nil {
			continue
		}
		if err := d.wipe(); err != nil {
			return err
		}
	}
	return nil
}

// wipe writes over every row of the ring that was ingested, and was not written
// over before. First the state is stored twice more without rows, since a state
// counts only with the rows that it came with. Rows that a Tick writes meanwhile
// are left alone.
func (d *Deck) wipe() error {
	d.mu.Lock()
	wiped, lent := d.wiped, d.lent
	d.mu.Unlock()
	if lent != nil {
		return lent()
	}
	if wiped > 0 && d.at.cursor.Load() <= wiped {
		return nil
	}
	var end uint64 // behind the rows that no state needs any more
	for range 2 {
		var err error
		if end, err = d.again(); err != nil {
			return err
		}
	}
	end = min(end, d.at.cursor.Load())
	begin := wiped
	if n := uint64(d.shape.Rows); end > n {
		begin = max(begin, end-n)
	}
	for at := begin; at < end; at += wipeRows {
		if err := d.wipeSome(at, min(at+wipeRows, end)); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed()
	}
	if err := d.f.Sync(); err != nil {
		return diskFault(err, "the vault's deck cannot be written")
	}
	d.wiped = max(d.wiped, end)
	return nil
}

// again stores the state as it is, without rows, and gives the index of the
// next row.
func (d *Deck) again() (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, errClosed()
	}
	if d.state == nil {
		return 0, nil
	}
	return d.next, d.store(d.state, nil)
}

func (d *Deck) wipeSome(from, to uint64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed()
	}
	for i := from; i < to; i++ {
		if i+uint64(d.shape.Rows) < d.next {
			continue // another row stands there already
		}
		if _, err := d.f.WriteAt(noise(d.shape.row()), d.rowOff(i)); err != nil {
			return diskFault(err, "the vault's deck cannot be written")
		}
	}
	return nil
}

// stowed reports whether the inbox holds something that is not in the journal
// yet. It cannot be emptied before it is, and may hold the words of an entry
// that is.
func (d *Deck) stowed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.box != nil && d.box.n > 0 && d.at.cursor.Load() < d.box.end()
}

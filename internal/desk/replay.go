package desk

import (
	"errors"
	"runtime"
	"sync"

	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// reading is a run of the journal on its way to the record: it is read by one
// goroutine, decoded by whichever is free, and taken in by the caller, in the
// order of the journal.
type reading struct {
	from  uint64
	rows  [][]byte
	items []record.Item
	err   error
	done  chan struct{} // closed when items and err are set
}

const (
	readRows  = 256 // rows of one reading
	readAhead = 16  // readings under way, at most
)

var errEnough = errors.New("nobody takes it in") // never leaves this file

// readJournal calls fn for each entry of the journal from a position on, in
// order. Decoding is most of the work and needs nothing but the bytes, so it is
// done beside the reading and the taking in. When it returns, nothing of it
// runs any more.
func readJournal(v *vault.Vault, codec record.Codec, from uint64, fn func(pos uint64, it record.Item) error) error {
	inOrder, work, stop := make(chan *reading, readAhead), make(chan *reading, readAhead), make(chan struct{})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(stop)
	for range min(runtime.GOMAXPROCS(0), readAhead) {
		all.Go(func() {
			for r := range work {
				r.decode(codec)
			}
		})
	}
	var readErr error // set before inOrder is closed
	all.Go(func() {
		defer close(inOrder)
		defer close(work)
		readErr = readInto(v, from, func(r *reading) error {
			for _, c := range []chan *reading{inOrder, work} {
				select {
				case c <- r:
				case <-stop:
					return errEnough
				}
			}
			return nil
		})
	})
	for r := range inOrder {
		<-r.done
		for i, it := range r.items {
			if err := fn(r.from+uint64(i), it); err != nil {
				return err
			}
		}
		if r.err != nil {
			return r.err
		}
	}
	return readErr
}

// readInto cuts the journal into readings.
func readInto(v *vault.Vault, from uint64, send func(*reading) error) error {
	next := &reading{from: from, done: make(chan struct{})}
	err := v.Journal(from, func(pos uint64, b []byte) error {
		if next.rows = append(next.rows, b); len(next.rows) < readRows {
			return nil
		}
		full := next
		next = &reading{from: pos + 1, done: make(chan struct{})}
		return send(full)
	})
	if err == nil && len(next.rows) > 0 {
		err = send(next)
	}
	return err
}

// decode gives the items up to the first that does not read.
func (r *reading) decode(codec record.Codec) {
	defer close(r.done)
	r.items = make([]record.Item, 0, len(r.rows))
	for _, b := range r.rows {
		it, err := codec.DecodeItem(b)
		if err != nil {
			r.err = err
			return
		}
		r.items = append(r.items, it)
	}
	r.rows = nil
}

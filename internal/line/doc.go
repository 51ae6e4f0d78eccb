// Package line is the secret link between two desks, as a pure value.
//
// A Deck holds all the lines of one desk in a fixed number of slots. No method
// changes a Deck: each returns the next one, with its effects. The package has
// no clock, no disk, no network, no goroutine and no global; ticks, slates,
// randomness and the KEM are arguments.
//
// # The contract with the driver
//
// At the send moment of tick t the driver calls Step with the slates that have
// arrived, and gets the next Deck and Effects. It must then
//
//  1. store Effects.State and every row of Effects.Rows in one durable
//     transaction,
//  2. only then send Effects.Cell, in tick t or never,
//  3. go on with the next Deck.
//
// If the transaction fails, nothing is sent, the next Deck is dropped, and the
// old one is used at a later tick with the same slates. Why it is safe: what
// a cell acknowledges was stored with the state that sealed it, and the
// highest tick used is on disk before the cell is on the wire, so neither a
// crash nor a restored backup makes the same key seal twice (the salt sees to
// the rest).
//
// Invite, Accept and Remove also give a next Deck whose State must be stored
// before anything is shown. Queue does not change the state: the driver puts
// the frame in its outbox first, and hands the outbox to Open.
//
// # What is constant
//
// For a given tick, number of slates and length of absence, Step derives the
// same number of keys, opens and seals the same number of boxes, does one KEM
// operation, and returns a state and rows of the same length, whatever the
// slots hold (Law 2). Work reports the counts.
//
// Formats and every rejection are in spec/cell.md, spec/line.md and
// spec/invite.md.
package line

// Package demo plays a negotiation on real desks: one process for the relay
// and one for each desk, each with a vault of its own, which reach one another
// only through that relay over lines that real invites opened.
//
// Nothing in it is faked but the clock of the case: the desks tell the time of
// the case for the record, and the lines go by the machine's clock.
//
// The processes live in one temporary folder. Each ends when its stdin does,
// so none outlives the program, however that ends; and the folder goes when
// the last has ended.
package demo

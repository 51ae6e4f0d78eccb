// Package view answers questions of a projected record: where we stand, who
// owes what, through whom it came, what differs, what is alarming.
//
// A View is made by Of from one Projection and one moment, and never changes.
// It can show nothing that the reader of the projection was not given, since
// it has nothing else. Every cell and every fact names the entries that it
// rests on. Nothing here knows a case: names of people, parties and terms come
// from the record alone.
//
// Values are language-neutral; package words turns them into sentences. Ask
// answers the same questions as lists of facts, for case files.
//
// The package is pure.
package view

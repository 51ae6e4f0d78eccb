// Package casefile holds whole negotiations as text: it reads *.case files,
// plays them on desks, asks the desks questions, and compares the answers with
// what the file expects. docs/case-format.md is the description for people who
// write them.
//
// Reading has two steps. The lexer splits a file into statements of tokens and
// knows nothing of what they mean; the parser gives them meaning and checks
// every name, label, time and word, so that what parsed can be played. Every
// problem names file, line and remedy (Problem).
//
// A Player plays a Case on a Stage: desks, a clock that they share, and a way
// to wait until everything sent has arrived. NewMemory is a stage in memory,
// over the pure core, whose lines drop, delay, double and reorder on command;
// the demo has another, of real desks. The player calls a desk only through
// desk.Handle, so a case means the same on both.
//
// A question is asked at one desk and sees the record of that desk alone.
package casefile

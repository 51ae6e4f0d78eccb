// Package cli is the command line: one of the two faces of a desk.
//
// A command reads its flags, asks a desk.Handle to do one thing, and prints
// what came of it. It decides nothing about the record: what may be said is
// for convey, what stands is for accord and view, and every sentence that a
// person reads comes from words.
//
// Contract:
//
//   - Whatever leaves the desk is shown first, exactly as its recipient will
//     get it (the plan's parcels), and then confirmed: by y on a terminal, by
//     --yes in a script. Between the two nothing is stored.
//   - Results go to stdout, everything else to stderr. With --json, stdout has
//     one JSON value and an error is one JSON object on stderr.
//   - The exit code is fault.Exit of the error: one table for the product.
//   - A passphrase is read from a terminal without echo or from a file, and
//     never from an argument or the environment, which other processes see.
//   - A command works the same whether or not the desk is being served.
package cli

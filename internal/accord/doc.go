// Package accord keeps what is offered, who stands where on it, and what is
// owed: terms, packages, acts, and the three axes on which they move.
//
// A term or a package has a name, versions, and a content hash per version. An
// edit makes a new version, and no stance carries over. An Act is where a
// party stands on one exact hash. What an act rests on is never written in it:
// it is computed from who logged it and how it came to this desk.
//
//	position  silent, floated, proposed, accepted, rejected, denied, withdrawn, lapsed
//	rests on  the party's own act under a mandate; its own act without one; a report, by whom
//
// "Agreed" is computed and cannot be set (law 1). Ledger folds a projected
// record into stances; Ledger.Agreement says, for one package, what this desk
// itself can verify.
//
// Performance is the third axis: once a package is agreed, Ledger.Performance
// says for each term how it has gone. Clock and conditions make it due, in
// force, overdue or expired; a debtor claims, a creditor or monitor verifies, a
// creditor alleges, a guarantor or monitor finds. It is computed too, and
// spec/performance.md has its table.
//
// The package is pure.
package accord

// Package circle keeps who knows of a channel, what each of them was given, and
// what everybody says afterwards.
//
//	disclosure         somebody was told, or learned: what, from whom, on what footing
//	request, answer    an outsider asks; confirmed, denied, declined, not yet, silence
//	planned-line       what is to be said to an outsider, prepared beforehand
//	incident           what was overheard, leaked, lost, seized or sent to the wrong one
//	incident-step      one step of what is done about it
//	notification-plan  who is told of an event, in which order, by whom
//	notification       how far that has come
//	account            what somebody says happened, as claims that can be held against the record
//	retention          how long the channel or an entry is kept
//
// Default-deny: nobody is taken to know anything but by an entry that says how
// he came by it. Request, answer and account may be sent; all else stays on the
// desk that keeps it.
//
// Circle answers per person and per entry from one projected record, so that
// what its reader was not given does not exist in it (law 5). It never says who
// is right: a claim is corroborated, contradicted or neither, by entries that
// it names.
//
// The package is pure. spec/circle.md states its rules.
package circle

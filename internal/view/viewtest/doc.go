// Package viewtest writes down everything that a view shows, for tests that
// hold two views against each other, or look in one for what must not be there.
//
// It finds what there is to ask by reflection: every method of a View and of
// its Ledger, called with everything that the record names and with what a test
// adds; every question of view.Ask. What a view learns to show later is
// therefore compared without being listed here.
package viewtest

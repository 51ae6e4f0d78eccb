package relay

import "time"

// Bounds of a timetable. Each has a test at the bound and beyond it.
const (
	DefaultCellSize  = 1024
	DefaultCapacity  = 32
	DefaultPeriod    = 30 * time.Second
	DefaultCatchUp   = 4
	DefaultRetention = 24 * time.Hour
	DefaultJoinEvery = 20

	DefaultTickets     = 4
	DefaultTicketEvery = 14 * 24 * time.Hour
	MaxTicketsMember   = 16      // tickets of one member in one ticket epoch
	MaxTicketEvery     = 1 << 32 // ticks

	MinPeriod    = 20 * time.Millisecond
	MaxPeriod    = time.Hour
	MinCellSize  = 256
	MaxCellSize  = 16 << 10
	MinCapacity  = 2
	MaxCapacity  = 256
	MaxCatchUp   = 16
	MinRetention = 8
	MaxRetention = 1 << 20
	MinJoinEvery = 4
	MaxJoinEvery = 1 << 20
	MaxReply     = 8 << 20 // bytes of slates in one reply
	MaxCohort    = 32      // bytes of a cohort's name

	// joinLead is how many ticks before a join epoch its charter is decided.
	joinLead = 3
)

// Bounds of what the relay keeps and reads.
const (
	MaxAddress       = 300     // bytes of an address
	MaxWelcome       = 2 << 20 // bytes of a welcome: MaxCharters of the largest cohort
	MaxCharters      = 256     // charters kept; slates under older ones cannot be had
	MaxSpent         = 8192    // blind tickets of one cohort used in two ticket epochs
	MaxTickets       = 2048    // unspent tickets of one cohort
	MaxCohortsShard  = 16      // cohorts in one log
	MaxBundleItems   = 4096    // items in one bundle
	MaxBundleBytes   = 4 << 20 // bytes of one bundle
	maxBundleDecoded = MaxBundleBytes + 64<<10
	maxQueue         = 8192 // items that wait for a bundle, per shard
	slateCacheBytes  = 8 << 20
)

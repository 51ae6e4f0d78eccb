package wire

// Bounds on foreign bytes. Each has a test at the bound and one above it.
const (
	MaxDepth = 16      // nesting of any encoded item
	MaxItems = 1 << 16 // elements of one array, or pairs of one map

	MaxFrame  = 1 << 20   // bytes of one frame on a line (1 MiB)
	MaxEntry  = 256 << 10 // bytes of one encoded entry
	MaxPacket = 512       // entries in one frame
	MaxText   = 128 << 10 // bytes of one text in an entry
	MaxName   = 64        // bytes of a name
	MaxInvite = 4 << 10   // bytes of an invite
	MaxLine   = 64 << 10  // bytes of one line of a case file
	MaxCase   = 8 << 20   // bytes of a case file
)

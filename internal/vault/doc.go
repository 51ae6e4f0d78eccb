// Package vault is a desk's encrypted store. One vault is one directory, and
// belongs to one process at a time.
//
// # What is in the directory
//
//	head      how the passphrase opens the vault, and the data key wrapped under it
//	vault.db  the journal, the outbox, incoming segments and small named values
//	deck      the state of the lines and the ring of what arrived, one slot per tick
//	inbox     what arrived while the vault was locked, behind what the ring has room for
//	keys      the key that wraps those which can be destroyed, in two blocks written over in place
//	mark      how far the other files had come, so that an older copy is noticed
//	snapshot  the journal once more, in blocks that read faster; a cache, made again when it is gone
//	lock      held while the vault is open
//
// vault.db is SQLite behind a page cipher (Adiantum) that has no
// authentication of its own. So every row is sealed again with AES-256-GCM,
// bound to its table and key; journal rows form a hash chain; and the rows
// that can be replaced or deleted are summed into a keyed digest. Verify finds
// a row that is missing, swapped, altered, or put back to what it once was.
//
// # What is promised
//
//   - Update is one transaction over everything but the deck. When it returns
//     nil, all of it is on disk; when it returns an error, none of it is.
//   - Deck.Tick is one write and one sync of a size that depends only on the
//     number of rows. It shares no lock and no file with Update, so a long
//     Update cannot delay it. When it returns nil, state and rows are on disk.
//   - A power cut, a kill or a full disk at any moment loses nothing that was
//     acknowledged, and leaves a vault that opens.
//   - Nothing is ever overwritten or deleted because it could not be read; but
//     for the snapshot, which holds nothing that the journal does not hold.
//   - When Destroy returns nil, nobody can read what was destroyed: not from
//     these files, with the passphrase, and not from older blocks of them that
//     the file system gave up, but for the two files that are written over in
//     place (keys, deck).
//
// # Destroying
//
// Every entry is sealed under a key of its own, beneath the row's seal. The
// keys are the leaves of a tree that is stored as the nodes from which they can
// be made, and destroying gives up the nodes above a leaf (ward.go). What is
// left of the tree is the one row of the table ward, sealed under a wrapping
// key that stands in the file keys and nowhere else. So do a key for all rows
// that come and go, and one for the snapshot, which are new after each
// destruction. Destroy
//
//  1. writes a new wrapping key into the block of keys that does not count,
//  2. commits: stubs in the place of the entries, all that comes and goes sealed
//     anew, the new ward under the new wrapping key, and its generation,
//  3. writes the new wrapping key over the old one, deletes the snapshot, empties
//     the log, and writes over what the ring held.
//
// Before the commit nothing has happened; behind it Open ends what is left. The
// chain does not change: it commits to each entry through a random salt, which
// is destroyed with the entry, so that what stays does not confirm a guess.
//
// A vault of format 1, in which entries had no keys of their own, is brought to
// format 2 by the first Open, in one transaction. An older program then refuses
// it. What the file system had given up before that stays under the data key.
//
// # The snapshot
//
// The file snapshot is a row of blocks. A block is, on disk, its sealed label,
// its sealed bytes, and noise up to a multiple of 4,096 bytes. The label holds
// the positions of the first entry in it and of the first behind it, the hash
// chain of the journal at the latter, and the length of the sealed bytes, which
// are bound to the label. Both are sealed with AES-256-GCM under a key for this
// alone. What is in a block is the desk's affair (record.Codec.Pack). A block
// counts if it opens, follows on the one before, and the journal has the same
// chain at its end; the first that does not ends the snapshot, and the rest
// comes from the journal. Destroy deletes the snapshot and destroys its key.
//
// # What cannot be promised
//
// If all files are put back together to one older moment, nothing in the
// directory can tell. If only some of them are, Open notices (RolledBack), as
// long as a Tick, a Checkpoint or a Close happened in between. A page
// cipher shows somebody who copies the disk twice which pages changed. What is
// written over in place, the file keys and the deck, may live on in the disk's
// own spare blocks, in snapshots of the file system, on one that copies on
// write, and in every backup: who has the passphrase and the old block of keys
// with older copies of the rest can read what was destroyed since. An old copy
// of head opens with the old passphrase. What was put into the memory of a
// running program may be in its swap.
package vault

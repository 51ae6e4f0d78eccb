// Package exchange brings what stands elsewhere into a record, and takes what
// one named reader was given out of it.
//
// In come chats (WhatsApp's text export, Signal's messages as JSON, a table in
// CSV) and the JSON export of another desk. Reading has two steps. A reader
// (WhatsApp, Signal, CSV) turns a file into a Chat and knows nothing of any
// record; Chat.Drafts turns that into drafts for the keeper's desk, once every
// name in it has been given the name of somebody here. Every problem names its
// line and what to do.
//
// Contract:
//
//   - What is imported is a hand entry of the keeper's: his word about what
//     others said, never their own act. No import writes a role, a credential,
//     an act or a deed, so none moves a stance (law 1).
//   - Ids come from the label of the import and from what a message says, so
//     the same file under the same label adds nothing the second time, and a
//     longer export of the same chat adds what is new.
//   - Undo rewrites nothing (law 8): it corrects each imported message to words
//     that say it was taken back. Both stay in the record.
//   - An export is made from a Projection alone, so what its reader was not
//     given cannot be in it (law 5).
//
// The package reads no clock, disk or network: files come as readers, and
// what it gives is written by a desk.
package exchange

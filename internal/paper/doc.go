// Package paper makes documents to be printed or sent: where things stand, a
// text, the record. A document is made for one reader, from a view of what that
// reader was given, and holds nothing else (law 5).
//
// Make gives a Document: headings, paragraphs, lists and tables in the words of
// one language. HTML and Word write it as one file that needs no network. In
// both, every paragraph runs the way of its first strong letter, and names that
// run the other way stay whole (Unicode Standard Annex 9).
//
// The files tell nothing of their making: no author, no date, no program, no
// count of edits. The same view gives the same bytes.
package paper

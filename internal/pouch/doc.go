// Package pouch seals texts between two parties who share no line, through
// go-betweens who cannot read them, and says what is known of whose key is
// whose (spec/pouch.md).
//
// It is pure: randomness and the KEM are arguments. What is sealed proves
// itself to its recipient and to nobody else.
package pouch

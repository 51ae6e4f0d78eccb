package desk

import "strings"

// KeyWords names the keys that a line has, by the first of its words: enough to
// tell them from those that it has later.
func (s LineStatus) KeyWords() string { return strings.Join(s.Words[:min(4, len(s.Words))], " ") }

// FreshSince reports whether an open line has other keys by now than those of
// these words. Whether the new words were compared is said by Compared.
func (s LineStatus) FreshSince(words string) bool {
	return words != "" && s.Phase == Opened && s.Fresh == nil && s.KeyWords() != words
}

// Package web is a desk's page: what most people will ever see of it.
//
// The page is rendered here and read with scripts off; a script of some forty
// lines makes it fresh by itself. Nothing in it comes from anywhere but this
// binary, and nothing in it was written by somebody else: no style sheet and no
// script of others runs where a negotiation is read.
//
// Whoever reaches the page reaches the desk, so the contract is about who does:
//
//   - It is served on loopback alone; Serve refuses any other listener. Phones
//     have a door of their own (door.go), which is shut until one is paired.
//   - A browser gets in by a link that works once and not for long. It then
//     holds a cookie that scripts cannot read and other sites cannot send. The
//     cookie's path is drawn at random at every start, because cookies do not
//     know ports: without it, a program that listens on another port of this
//     machine would be handed the cookie.
//   - Whoever is not in gets the same bytes for every path.
//   - A request under another Host (DNS rebinding), from another origin, or
//     without the form's own token is refused, and changes nothing.
//   - What leaves the desk takes two steps. The second carries a token that
//     works once and stands for exactly what was shown: if the plan would be
//     another by then, it is shown again and nothing is sent.
//   - A form that comes twice is done once (once.go).
//   - What stands in an address, and so in the browser's history, means nothing
//     to anybody once the desk has stopped: an entry goes by its id enciphered
//     under a key of this start. Two desks that share an entry share its id, so
//     ids themselves would tell, in two browsers' histories, who talked to whom.
//
// It acts through desk.Handle alone, shows the keeper's own projection alone,
// and takes its words from the catalogue (package words).
package web

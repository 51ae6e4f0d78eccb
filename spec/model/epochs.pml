/* The epochs of spec/line.md, sections 2 and 3: the exchange of fresh keys in
 * what would be filler, over a network that loses and delays, and one theft of
 * all that a desk holds, by somebody who then only listens.
 *
 * Desk 0 is the inviter, desk 1 the joiner. A message in fragments is one cell
 * here, said again until it is of no more use.
 *
 * spec/model/README.md says what is shown and what is not. With one of NOOLD,
 * EAGER, ONEKEY, NOREPEAT defined, a rule is left out, and a property must fail.
 */

#define LAST 6   /* the epoch at which the search ends */
#define LOSSES 4 /* cells lost by the network, at most */
#define WAY 2    /* cells on the way, each direction */

mtype = { filler, ask, reply };

byte sends[2] = 1, hears[2] = 1; /* the epochs of the chains in use */
bool next[2];                    /* it holds the receiving chain of the epoch behind */
bool key[2];                     /* it holds the KEM key for the epoch behind */
byte lost;

chan way0 = [WAY] of { byte, mtype }; /* to desk 0: under which epoch, what */
chan way1 = [WAY] of { byte, mtype };

/* the thief */
bool stolen;
byte until;          /* the first epoch that must be closed to him */
bool root[LAST + 3]; /* what he can derive */
bool half[LAST + 3]; /* the KEM keys that he took, by the epoch they are for */

#define asker(e) ((e) % 2 == 0 -> 0 : 1)
#define over (sends[0] >= LAST && sends[1] >= LAST && hears[0] >= LAST && hears[1] >= LAST)

inline derive() {
	d_step {
		for (e : 2 .. LAST + 2) {
#ifdef ONEKEY
			if :: e > 3 && half[e - 2] -> half[e] = true :: else fi; /* the key of the epoch before the last, once more */
#endif
			if
			:: root[e - 1] && half[e] -> root[e] = true
			:: else
			fi
		};
		assert(!stolen || until > LAST + 2 || !root[until]);
		e = 0
	}
}

/* said gives what desk d has to say besides filler. */
inline say(d, out) {
	atomic {
		what = filler;
		if
		:: sends[d] < LAST && asker(sends[d] + 1) == d && hears[d] == sends[d] && !next[d] ->
#ifdef NOREPEAT
			if :: !key[d] -> what = ask :: else fi;
#else
			what = ask;
#endif
			key[d] = true
		:: next[d] && sends[d] == hears[d] -> what = reply /* it holds the keys of the epoch behind, and sends under the old */
		:: else
		fi;
		if
		:: nfull(out) -> out!sends[d], what
		:: full(out) -> skip /* nobody has fetched for long: the relay keeps no more */
		:: lost < LOSSES -> lost++
		fi
	}
}

inline hear(d, in) {
	atomic {
		if
		:: in?under, what ->
			/* never deaf: what comes is under a chain that it holds */
			assert(under == hears[d] || (next[d] && under == hears[d] + 1));
			if
			:: under == hears[d] + 1 -> /* the first cell of the new epoch */
				hears[d] = under; next[d] = false;
				if :: sends[d] < under -> sends[d] = under :: else fi
			:: else
			fi;
			if
			:: what == ask && under == sends[d] && asker(under + 1) == 1 - d ->
				next[d] = true; /* it has answered, and derived the next root */
#ifdef EAGER
				sends[d] = under + 1
#endif
			:: what == reply && under == sends[d] && asker(under + 1) == d && key[d] ->
				sends[d] = under + 1;
#ifdef NOOLD
				hears[d] = under + 1;
#else
				next[d] = true;
#endif
#ifndef ONEKEY
				key[d] = false
#endif
			:: else
			fi
		:: empty(in) -> skip
		fi;
		under = 0; what = filler
	}
}

proctype Desk(byte d; chan in, out) {
	mtype what;
	byte under;
	do
	:: over -> break
	:: !over -> hear(d, in); say(d, out)
	od
}

/* One theft, at any moment, from either desk. */
proctype Thief() {
	byte d, e;
	atomic {
		if :: d = 0 :: d = 1 fi;
		root[sends[d]] = true; root[hears[d]] = true;
		if :: next[d] -> root[hears[d] + 1] = true :: else fi;
		if
		:: key[d] && asker(sends[d] + 1) == d -> half[sends[d] + 1] = true
		:: key[d] && asker(sends[d] + 1) != d -> half[sends[d] + 2] = true
		:: !key[d]
		fi;
		if :: sends[0] > sends[1] -> until = sends[0] + 2 :: else -> until = sends[1] + 2 fi;
		stolen = true;
		d = 0;
		derive()
	}
}

init {
	atomic { run Desk(0, way0, way1); run Desk(1, way1, way0); run Thief() }
}

ltl arrives { <> over }

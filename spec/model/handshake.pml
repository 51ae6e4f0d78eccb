/* The handshake of spec/line.md, section 4, against somebody who owns the
 * network: he withholds, replays and makes up messages out of whatever he
 * knows. Terms are symbols: a hash, a box or a confirmation is exactly what
 * went into it, and an encapsulation gives its secret to its maker and to the
 * holder of the key alone.
 *
 * A is the inviter, B the joiner, E the enemy. E may come to hold the invite,
 * and either static key, at any moment, before or after.
 *
 * spec/model/README.md says what is shown and what is not. With one of NOHASH,
 * NOCONFIRM, NODONE, NOSUITE, NOONETIME, NOTRANSCRIPT defined, a rule of the
 * specification is left out, and a property must fail. With REACH, that both
 * sides can finish at all must show as a failure.
 */

/* public keys */
#define SA 1 /* the inviter's static key, made for the invite */
#define OA 2 /* the inviter's one-time key */
#define SB 3 /* the joiner's static key */
#define EB 4 /* the joiner's ephemeral key */
#define XE 5 /* a key of E */

/* encapsulations: 1 and 2 are B's, 3 and 4 A's, the others E's */
#define E1 1
#define E2 2
#define E3 3
#define E4 4
#define TOSA 5 /* E's own, to SA, OA, SB and EB */
#define TOOA 6
#define TOSB 7
#define TOEB 8
#define JUNK 9 /* bytes that no key opens */

byte target[10];

bool stolen, leakSA, leakSB; /* what E came to hold */

/* what each side has seen and said: its transcript */
typedef view {
	byte suite, hello;   /* hello: 1 is B's, 2 E's */
	byte ks, ko;         /* the inviter's keys */
	byte c1, c2;         /* answer */
	byte ps, pe;         /* keys in the box */
	byte c3, c4;         /* confirm */
	bool done, failed;
};
view a, b;

bool helloSent, keysSent, answerSent, confirmSent, doneSent;
bool heldInvite; /* E held the invite when A took the last message */

/* E knows the secret in an encapsulation */
#define holds(k) ((k) == XE || ((k) == SA && leakSA) || ((k) == SB && leakSB))
#ifdef NOONETIME /* the one-time and the ephemeral key are not used */
#define knows(c) (((c) == E2 || (c) == E4) || ((c) >= TOSA) || holds(target[c]))
#else
#define knows(c) ((c) >= TOSA && (c) != JUNK || holds(target[c]))
#endif
/* what an encapsulation gives to the holder of a key: itself, or something that nobody else has */
#define opens(c, k) (target[c] == (k))

#define weak(v) (v.suite == 2)
#define knowsHalf(v) (stolen && (weak(v) || (knows(v.c1) && knows(v.c2))))
#define knowsAll(v)  (stolen && (weak(v) || (knows(v.c1) && knows(v.c2) && knows(v.c3) && knows(v.c4))))

#define sameHalf (a.suite == b.suite && a.hello == b.hello && a.ks == b.ks && a.ko == b.ko && a.c1 == b.c1 && a.c2 == b.c2)
#define sameAll  (sameHalf && a.ps == b.ps && a.pe == b.pe && a.c3 == b.c3 && a.c4 == b.c4)
/* the secrets alone, where the transcript is not bound in */
#define sameSecrets (a.c1 == b.c1 && a.c2 == b.c2 && a.c3 == b.c3 && a.c4 == b.c4)

inline properties() {
	d_step {
		/* 1: whoever joined shares the key with the holder of the invite's keys, and with nobody else, whoever holds the invite */
		assert(!b.done || (confirmSent && sameAll));
		assert(!b.done || !knowsAll(b));
		/* 2: without the invite in E's hands, the inviter's line is to the joiner, who agrees on everything */
		assert(!a.done || heldInvite || (b.done && sameAll));
		/* 3: a line that E reads has other words at its two ends */
		assert(!(a.done && knowsAll(a) && b.done && sameAll));
		/* 4: what two honest ends share stays theirs, whatever leaks later */
		assert(!(a.done && b.done && sameAll && (knowsAll(a) || knowsAll(b))));
		/* 5: no other suite than the invite's */
		assert(!a.done || a.suite == 1);
		assert(!b.done || b.suite == 1);
#ifdef REACH
		assert(!(a.done && b.done && sameAll));
#endif
	}
}

proctype Inviter() {
	/* hello */
	atomic {
		if
		:: helloSent -> a.suite = 1; a.hello = 1
		:: stolen -> a.hello = 2; if :: a.suite = 1 :: a.suite = 2 fi
		:: stolen && helloSent -> a.hello = 1; a.suite = 2 /* his, with the suite changed */
		fi;
#ifndef NOSUITE
		if :: a.suite != 1 -> a.failed = true; goto end :: else fi;
#endif
		a.ks = SA; a.ko = OA; keysSent = true
	}
	/* answer */
	atomic {
		if
		:: answerSent -> a.c1 = b.c1; a.c2 = b.c2
		:: stolen ->
			if :: a.c1 = TOSA :: a.c1 = JUNK :: answerSent -> a.c1 = b.c1 fi;
			if :: a.c2 = TOOA :: a.c2 = JUNK :: answerSent -> a.c2 = b.c2 fi
		fi;
		/* the box opens if whoever closed it had the same transcript and secrets */
		if
		:: answerSent && sameHalf && opens(a.c1, SA) && opens(a.c2, OA) -> a.ps = SB; a.pe = EB
#ifdef NOTRANSCRIPT
		:: answerSent && a.c1 == b.c1 && a.c2 == b.c2 && opens(a.c1, SA) && opens(a.c2, OA) -> a.ps = SB; a.pe = EB
#endif
		:: knowsHalf(a) && (weak(a) || (opens(a.c1, SA) && opens(a.c2, OA))) ->
			if :: a.ps = XE :: answerSent -> a.ps = SB fi;
			if :: a.pe = XE :: answerSent -> a.pe = EB fi
		:: a.failed = true; goto end
		fi;
		a.c3 = E3; target[E3] = a.ps;
		a.c4 = E4; target[E4] = a.pe;
		confirmSent = true
	}
	/* done */
	atomic {
		if
		:: doneSent && sameAll -> skip
#ifdef NOTRANSCRIPT
		:: doneSent && sameSecrets -> skip
#endif
		:: knowsAll(a) -> skip
#ifdef NODONE
		:: skip
#endif
		:: a.failed = true; goto end
		fi;
		heldInvite = stolen;
		a.done = true;
		properties()
	}
end:
	skip
}

proctype Joiner() {
	atomic { b.suite = 1; b.hello = 1; helloSent = true }
	/* keys */
	atomic {
		if
		:: keysSent -> b.ks = SA; b.ko = OA
		:: stolen ->
			if :: b.ks = XE :: keysSent -> b.ks = SA fi;
			if :: b.ko = XE :: keysSent -> b.ko = OA fi
		fi;
#ifndef NOHASH
		if :: b.ks != SA || b.ko != OA -> b.failed = true; goto end :: else fi;
#endif
		b.c1 = E1; target[E1] = b.ks;
		b.c2 = E2; target[E2] = b.ko;
		b.ps = SB; b.pe = EB;
		answerSent = true
	}
	/* confirm */
	atomic {
		if
		:: confirmSent -> b.c3 = a.c3; b.c4 = a.c4
		:: stolen ->
			if :: b.c3 = TOSB :: b.c3 = JUNK :: confirmSent -> b.c3 = a.c3 fi;
			if :: b.c4 = TOEB :: b.c4 = JUNK :: confirmSent -> b.c4 = a.c4 fi
		fi;
		if
		:: confirmSent && sameAll && opens(b.c3, SB) && opens(b.c4, EB) -> skip
#ifdef NOTRANSCRIPT
		:: confirmSent && sameSecrets && opens(b.c3, SB) && opens(b.c4, EB) -> skip
#endif
		:: knowsAll(b) && opens(b.c3, SB) && opens(b.c4, EB) -> skip
#ifdef NOCONFIRM
		:: skip
#endif
		:: b.failed = true; goto end
		fi;
		doneSent = true;
		b.done = true;
		properties()
	}
end:
	skip
}

/* E comes to hold more, at any moment, also after everything is over. */
proctype Enemy() {
end0:
	do
	:: !stolen -> atomic { stolen = true; properties() }
	:: !leakSA -> atomic { leakSA = true; properties() }
	:: !leakSB -> atomic { leakSB = true; properties() }
	od
}

init {
	d_step { target[TOSA] = SA; target[TOOA] = OA; target[TOSB] = SB; target[TOEB] = EB; target[JUNK] = 0 };
	atomic { run Inviter(); run Joiner(); run Enemy() }
}

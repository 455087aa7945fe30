/*
 * Minting: how a log that forgets still ends every token (docs/guarantee.md). A model for SPIN; run it with `npm run model`.
 *
 * The log keeps an event only as long as a token that it covers can live. One subject with a session A from before and a
 * session B from a sign-in that may be under way; issuers that mint a token of either, again and again; a revoker that ends A, or
 * logs the subject out everywhere, or both in either order. Verifiers know what the log keeps, neither more nor less:
 * that they do is the matter of revocation.pml.
 *
 * SAFETY (the assertion in Verifier) no token and no cookie is accepted whose revocation has returned: of the session that was
 * ended; at a log-out everywhere, of every session that was there or whose sign-in had begun.
 *
 * What may go wrong: issuer, sign-in and revoker may pause for any time between two steps, the revoker also between the time that
 * it reads for `until` and its append. Wall clocks are apart by up to SKEW, the worst way round each time: a token lives until
 * SKEW after its `exp`, an event is forgotten SKEW before its `until`.
 *
 * Rules; each can be taken out with -DNO_Mn, and the assertion then fails:
 *   M1  `exp` counts from a time read BEFORE the session
 *   M2  the session is read from the truth, not from a copy that may be behind
 *   M3  the token carries the generation that was read with the session, in one step
 *   M4  a sign-in stores its session only if the generation still is the one that it read at its start
 *   M5  the log keeps an event for the token's life and the skew of both clocks
 *   M6  an append that took longer than the log's margin is made again: its `until` counts from before it
 */
#ifndef NI
#define NI 1            /* issuers, 1 or 2 */
#endif
#ifndef LIFE
#define LIFE 2          /* of a token, in ticks */
#endif
#ifndef SKEW
#define SKEW 1
#endif
#ifndef MARGIN
#define MARGIN 1        /* what the log keeps beyond life and skew */
#endif

#define LONGEST_LIFE (LIFE + SKEW)              /* from the time that `exp` counts from, as the slowest verifier sees it */
#ifdef NO_M5
#define SHORTEST_KEEP (LIFE + MARGIN - SKEW)    /* from the time that `until` counts from, as the fastest verifier sees it */
#else
#define SHORTEST_KEEP (LIFE + 2 * SKEW + MARGIN - SKEW)
#endif

#define A 0
#define B 1
#define NOBODY 2
#define SESSIONS 2

/* Events */
#define END_A 0
#define END_ALL 1

/* Store */
bool isStored[SESSIONS];
byte generationOf[SESSIONS];
byte generation;                        /* of the subject; never forgotten */
bool isLogged[2];                       /* in the log and in every verifier */
byte keepLeft[2];                       /* ticks until an event may be forgotten */
#ifdef NO_M2
bool copyStored[SESSIONS]; byte copyGeneration;
#endif

/* Tokens: one per issuer. */
byte mintLeft[NI];                      /* ticks left of the life that is being given out */
byte lifeLeft[NI];                      /* of the token that is out */
byte sessionOf[NI];
byte tokenGeneration[NI];

/* Sign-in of B */
bool isSigningIn;

/* What revocations cover, and which of that has returned */
bool isCovered[SESSIONS];
bool mustBeDead[SESSIONS];

byte appendAge;                         /* ticks since the revoker read its clock */

#define ALIVE(s) (isStored[s] && generationOf[s] >= generation)
#define DENIED(s, ofGeneration) \
  ((s == A && isLogged[END_A]) || (isLogged[END_ALL] && ofGeneration < 1))

#define TICK(countdown) if :: countdown > 0 -> countdown-- :: else fi

proctype Clock()
{
endClock:
  do
  :: atomic {
       TICK(keepLeft[END_A]); TICK(keepLeft[END_ALL]);
       TICK(mintLeft[0]); TICK(lifeLeft[0]);
#if NI > 1
       TICK(mintLeft[1]); TICK(lifeLeft[1]);
#endif
       if :: appendAge <= MARGIN -> appendAge++ :: else fi
     }
  od
}

/* Whoever keeps the log, or a table made of it, may forget what is past its time. */
proctype Log()
{
endLog:
  do
  :: d_step { isLogged[END_A] && keepLeft[END_A] == 0 -> isLogged[END_A] = 0 }
  :: d_step { isLogged[END_ALL] && keepLeft[END_ALL] == 0 -> isLogged[END_ALL] = 0 }
#ifdef NO_M2
  :: d_step { copyStored[A] = isStored[A]; copyStored[B] = isStored[B]; copyGeneration = generation }
#endif
  od
}

proctype Issuer(byte i)
{
  byte session, read;
endIssuer:
  do
  :: lifeLeft[i] == 0 ->
       d_step { session = NOBODY; mintLeft[i] = LONGEST_LIFE };        /* the time is read */
       if
#ifdef NO_M2
       :: d_step { copyStored[A] && generationOf[A] >= copyGeneration -> session = A; read = copyGeneration }
       :: d_step { copyStored[B] && generationOf[B] >= copyGeneration -> session = B; read = copyGeneration }
#else
       :: d_step { ALIVE(A) -> session = A; read = generation }
       :: d_step { ALIVE(B) -> session = B; read = generation }
#endif
       :: skip                                                          /* no such session */
       fi;
       if
       :: session != NOBODY ->
#ifdef NO_M3
            read = generation;
#endif
            d_step {
              sessionOf[i] = session; tokenGeneration[i] = read;
#ifdef NO_M1
              mintLeft[i] = LONGEST_LIFE;
#endif
              lifeLeft[i] = mintLeft[i]; mintLeft[i] = 0; session = 0; read = 0 }
       :: else -> d_step { mintLeft[i] = 0; session = 0; read = 0 }
       fi
  od
}

proctype SignIn()
{
  byte read;
again:
  atomic { isSigningIn = 1; read = generation };
  if
#ifdef NO_M4
  :: d_step { isStored[B] = 1; generationOf[B] = generation; isSigningIn = 0 }
#else
  :: d_step { read == generation -> isStored[B] = 1; generationOf[B] = read; isSigningIn = 0 }
  /* Superseded: it starts over, from the credentials on, and is another sign-in then. */
  :: d_step { read != generation -> isSigningIn = 0; isCovered[B] = 0; mustBeDead[B] = 0 }; goto again
#endif
  fi
}

/* Ends a session, or all of them. Its reading of the time, its append and its look at the time again are three steps. */
inline revoke(event)
{
  do
  :: atomic { keepLeft[event] = SHORTEST_KEEP; appendAge = 0 };
     d_step {
       isLogged[event] = 1;
       if
       :: event == END_A -> isStored[A] = 0; isCovered[A] = 1
       :: event == END_ALL && generation == 0 ->
            generation = 1;
            isCovered[A] = 1; isCovered[B] = isSigningIn || isStored[B];
            isStored[A] = 0; isStored[B] = 0
       :: else                          /* once more: it covers what it covered at first */
       fi };
#ifdef NO_M6
     break
#else
     if
     :: appendAge <= MARGIN -> break
     :: else                            /* late: once more */
     fi
#endif
  od;
  atomic { mustBeDead[A] = mustBeDead[A] || isCovered[A]; mustBeDead[B] = mustBeDead[B] || isCovered[B] }
}

proctype Revoker()
{
  if
  :: revoke(END_A); revoke(END_ALL)
  :: revoke(END_ALL); revoke(END_A)
  fi
}

proctype Verifier()
{
  byte i;
endVerifier:
  do
  :: d_step { lifeLeft[0] > 0 && !DENIED(sessionOf[0], tokenGeneration[0]) -> assert(!mustBeDead[sessionOf[0]]) }
#if NI > 1
  :: d_step { lifeLeft[1] > 0 && !DENIED(sessionOf[1], tokenGeneration[1]) -> assert(!mustBeDead[sessionOf[1]]) }
#endif
  :: d_step { ALIVE(A) -> assert(!mustBeDead[A]) }
  :: d_step { ALIVE(B) -> assert(!mustBeDead[B]) }
  od
}

init {
  byte i;
  atomic {
    isStored[A] = 1;
#ifdef NO_M2
    copyStored[A] = 1;
#endif
    run Clock(); run Log(); run SignIn(); run Revoker(); run Verifier();
    do
    :: i < NI -> run Issuer(i); i++
    :: else -> break
    od
  }
}

/*
 * The near-cache: what a verifier may keep of a session row (docs/guarantee.md). A model for SPIN; run it with `npm run model`.
 *
 * One session row in the store; a writer that changes it NC times and then ends it, each time with an event in the log; one
 * verifier with a cache, NL loads under way at a time, and saves of its own that need no event. The verifier holds a lease only while
 * it has applied the whole log, and a revoke returns when the event is applied or the lease gone: that this is so is the matter of
 * revocation.pml.
 *
 * SAFETY (the assertions in Verifier), in every decision from the cache under a lease:
 *   FRESH  it shows no older version than a change that has returned, or than the verifier itself has saved
 *   DEAD   it accepts no session whose end has returned
 *
 * What may go wrong: loads and saves take any time and overtake one another and the log; the verifier loses its lease at any
 * time, falls behind the log, and finds that the log has forgotten what it missed: then it reads what there is, and goes on.
 *
 * Rules; each can be taken out with -DNO_Nn, and an assertion then fails:
 *   N1  what comes is kept only if no event that touches it was applied since before it was asked for
 *   N2  and only in a version that is not below what the verifier has seen or saved itself
 *   N3  the row is read from the truth, not from a copy that may be behind
 *   N4  what is kept lives for LIFE from before it was asked for, not from when it came
 *   N5  the log keeps an event for LIFE
 *   N6  an event drops what is kept of the session that it touches
 *   N7  the tables are asked at every decision, whatever the cache says                       [shown with -DNO_N1]
 * Revocation does not hang on the fill rules N1 and N2: without them (-DONLY_DEAD) DEAD still holds.
 */
#ifndef NC
#define NC 1            /* changes before the end, 0 to 2 */
#endif
#ifndef NL
#define NL 2            /* loads at a time, 1 or 2 */
#endif
#ifndef NS
#define NS 1            /* saves by the verifier itself */
#endif
#ifndef LIFE
#define LIFE 2          /* of what is kept, in ticks */
#endif
#ifdef NO_N5
#define KEEP (LIFE - 1)
#else
#define KEEP LIFE
#endif
#define EVENTS (NC + 1)

/* A load under way */
#define NONE 0
#define ASKED 1
#define READ 2

/* Store: the row, and the log as a count of events, of which the oldest are forgotten. */
bool isStored = 1;
byte version;
byte head;
byte forgotten;
byte keepLeft[EVENTS];
byte versionAfter[EVENTS];
#ifdef NO_N3
bool copyStored = 1; byte copyVersion;
#endif

/* Verifier */
byte applied;
bool hasLease = 1;
bool isKept;
byte keptVersion;
byte keptLeft;
byte seen;                              /* highest version that it has saved */

/* Loads */
byte load[NL];
byte loadLeft[NL];                      /* ticks left to what comes */
bool isTouched[NL];
byte loadVersion[NL];

/* A save */
bool isSaving;
byte savedVersion;
byte saveLeft;

/* What decisions have to know by now */
byte mustShow;
bool mustBeDead;

#define DENIED (applied == EVENTS && forgotten < EVENTS)
#define HIGHER(old, new) if :: new > old -> old = new :: else fi
#define TICK(countdown) if :: countdown > 0 -> countdown-- :: else fi

active proctype Clock()
{
endClock:
  do
  :: atomic {
       TICK(keptLeft); TICK(saveLeft);
       TICK(loadLeft[0]);
#if NL > 1
       TICK(loadLeft[1]);
#endif
       TICK(keepLeft[0]);
#if NC > 0
       TICK(keepLeft[1]);
#endif
#if NC > 1
       TICK(keepLeft[2]);
#endif
     }
  od
}

active proctype Log()
{
endLog:
  do
  :: d_step { forgotten < head && keepLeft[forgotten] == 0 -> forgotten++; versionAfter[forgotten - 1] = 0 }
#ifdef NO_N3
  :: d_step { copyStored = isStored; copyVersion = version }
#endif
  od
}

inline append()
{
  keepLeft[head] = KEEP; versionAfter[head] = version; head++
}

active proctype Writer()
{
  byte wanted;
  do
  :: head < NC ->
       atomic { version++; wanted = version; append() };
       atomic { applied == head || !hasLease -> HIGHER(mustShow, wanted); wanted = 0 }
  :: else -> break
  od;
  atomic { isStored = 0; append() };
  atomic { applied == head || !hasLease -> mustBeDead = 1 }
}

/* Loads of the row, asked for and answered whenever. */
proctype Load(byte i)
{
endLoad:
  do
  :: d_step { load[i] == NONE -> load[i] = ASKED; loadLeft[i] = LIFE; isTouched[i] = 0 }
#ifdef NO_N3
  :: d_step { load[i] == ASKED && copyStored -> load[i] = READ; loadVersion[i] = copyVersion }
  :: d_step { load[i] == ASKED && !copyStored -> load[i] = NONE; loadLeft[i] = 0; isTouched[i] = 0 }
#else
  :: d_step { load[i] == ASKED && isStored -> load[i] = READ; loadVersion[i] = version }
  :: d_step { load[i] == ASKED && !isStored -> load[i] = NONE; loadLeft[i] = 0; isTouched[i] = 0 }
#endif
  :: d_step { load[i] == READ ->
       if
#ifndef NO_N1
       :: isTouched[i]
#endif
#ifndef NO_N2
       :: loadVersion[i] < seen || (isKept && loadVersion[i] < keptVersion)
#endif
       :: else ->
            isKept = 1; keptVersion = loadVersion[i];
#ifdef NO_N4
            keptLeft = LIFE
#else
            keptLeft = loadLeft[i]
#endif
       fi;
       load[i] = NONE; loadLeft[i] = 0; loadVersion[i] = 0; isTouched[i] = 0 }
  od
}

/* The verifier's own changes of the row. */
active proctype Saves()
{
  byte saves;
endSaves:
  do
  :: saves < NS ->
       atomic { saves++; isSaving = 1; saveLeft = LIFE };
       if
       :: atomic { isStored -> version++; savedVersion = version };
          atomic {
            HIGHER(seen, savedVersion); HIGHER(mustShow, savedVersion);
            if
            :: isKept && keptVersion < savedVersion -> keptVersion = savedVersion; keptLeft = saveLeft
            :: else
            fi }
       :: !isStored
       fi;
       atomic { isSaving = 0; savedVersion = 0; saveLeft = 0 }
  od
}

inline forget()
{
  isKept = 0; keptVersion = 0; keptLeft = 0
}

inline touch()
{
  isTouched[0] = (load[0] != NONE);
#if NL > 1
  isTouched[1] = (load[1] != NONE);
#endif
}

active proctype Verifier()
{
endVerifier:
  do
  /* The next entry of the log. */
  :: d_step { applied < head && applied >= forgotten -> applied++; touch();
#ifndef NO_N6
       forget()
#endif
     }
  /* A gap: what it missed will never be read. */
  :: d_step { applied < forgotten -> applied = forgotten; hasLease = 0 }
  :: d_step { hasLease -> hasLease = 0 }
  :: d_step { !hasLease && applied == head -> hasLease = 1 }
  :: d_step { isKept -> forget() }                         /* to make room */
  /* CHECK */
#ifdef NO_N7
  :: d_step { isKept && keptLeft > 0 && hasLease ->
#else
  :: d_step { isKept && keptLeft > 0 && hasLease && !DENIED ->
#endif
#ifndef ONLY_DEAD
       assert(keptVersion >= mustShow);
#endif
       assert(!mustBeDead) }
  od
}

init {
  byte i;
  atomic {
    do
    :: i < NL -> run Load(i); i++
    :: else -> break
    od
  }
}

/*
 * The fence: no effect after revoke() (docs/guarantee.md). A model for SPIN; run it with `npm run model`.
 *
 * Sessions live in the application's own database. NA transactions of the application call the fence and then write; meanwhile
 * one revoker ends the session, one logs its subject out everywhere, one raises the floor. All of them are transactions under
 * READ COMMITTED: a plain read sees what was committed before its statement, a locked one waits for whoever changes the row and
 * sees what that one has committed.
 *
 * SAFETY (the assertion in Transaction) no write is committed whose session was dead to a revocation that has returned.
 * PROGRESS (no invalid end state) nobody waits for ever: every revocation returns once the transactions before it have ended.
 *
 * What may go wrong: everybody may pause for any time between two steps, the application also between its fence and its
 * commit; a transaction may be rolled back at any time.
 *
 * Rules; each can be taken out with -DNO_Fn:
 *   F1  the fence locks what it reads (FOR SHARE) until the transaction ends
 *   F2  fence and write are one transaction
 *   F3  it locks every row that the verdict comes from: the floor's and the subject's, not only the session's
 *   F4  all lock in one order: floor, subject, session                                            [else: nobody moves]
 *   F5  revoke() returns only when the rows that the fence reads have changed
 */
#ifndef NA
#define NA 2            /* transactions of the application */
#endif

/* Rows, in the order of locking */
#define FLOOR 0
#define SUBJECT 1
#define SESSION 2
#define ROWS 3

/* Committed */
bool isRaised[2];                       /* the floor, the subject's generation: past what the session carries */
bool isStored = 1;
#define ALIVE (!isRaised[FLOOR] && !isRaised[SUBJECT] && isStored)

/* Locks */
byte shared[ROWS];
bool exclusive[ROWS];

bool mustBeDead;                        /* a revocation that covers the session has returned */

inline share(row)
{
  atomic { !exclusive[row] -> shared[row]++ }
}

inline exclude(row)
{
  atomic { !exclusive[row] && shared[row] == 0 -> exclusive[row] = 1 }
}

inline release()
{
  shared[FLOOR]--; shared[SUBJECT]--; shared[SESSION]--
}

proctype Transaction()
{
  bool isAlive;
#ifdef NO_F1
  isAlive = ALIVE;
  if
  :: isAlive -> assert(!mustBeDead)
  :: true
  fi
#else
#ifdef NO_F3
  isAlive = !isRaised[FLOOR] && !isRaised[SUBJECT];
  share(SESSION);
  isAlive = isAlive && isStored;
  if
  :: isAlive -> atomic { assert(!mustBeDead); shared[SESSION]-- }
  :: atomic { true -> shared[SESSION]-- }
  fi
#else
#ifdef NO_F4
  share(SESSION); share(SUBJECT); share(FLOOR);
#else
  share(FLOOR); share(SUBJECT); share(SESSION);
#endif
  isAlive = ALIVE;
#ifdef NO_F2
  atomic { release() };
  if
  :: isAlive -> assert(!mustBeDead)
  :: true
  fi
#else
  if
  :: isAlive -> atomic { assert(!mustBeDead); release() }   /* commit */
  :: atomic { true -> release() }                           /* refused, or rolled back */
  fi
#endif
#endif
#endif
}

/* The log's entry is part of each of these transactions. */
proctype EndSession()
{
#ifdef NO_F5
  mustBeDead = 1;
#endif
  exclude(SESSION);
  atomic { isStored = 0; exclusive[SESSION] = 0 };
  mustBeDead = 1
}

proctype EndSubject()
{
  exclude(SUBJECT);
  exclude(SESSION);
  atomic { isRaised[SUBJECT] = 1; isStored = 0; exclusive[SUBJECT] = 0; exclusive[SESSION] = 0 };
  mustBeDead = 1
}

proctype RaiseFloor()
{
  exclude(FLOOR);
  atomic { isRaised[FLOOR] = 1; exclusive[FLOOR] = 0 };
  mustBeDead = 1
}

init {
  byte i;
  atomic {
    run EndSession(); run EndSubject(); run RaiseFloor();
    do
    :: i < NA -> run Transaction(); i++
    :: else -> break
    od
  }
}

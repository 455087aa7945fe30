/*
 * The wait of revoke(): leases and acknowledgements (docs/guarantee.md). A model for SPIN; run it with `npm run model`.
 *
 * One linearizable revocation log with its registry, NV verifiers that each hold the log in memory, one revoker that
 * revokes NE credentials, one after the other.
 *
 * SAFETY   (the assertion in Verifier) no verifier decides to accept a credential whose revoke() has returned.
 * LIVENESS (-DLIVENESS) a revocation that was appended returns, whichever verifiers are dead, paused or cut off for ever.
 *          Without the end of the wait by time (-DNO_END) one dead verifier holds it up.
 *
 * What may go wrong: a renewal and its answer may take any time or be lost; so may the tail and acknowledgements. A verifier
 * may pause anywhere, also between its look and its clock. It may crash and come back empty, join and be reaped while somebody
 * revokes. Its clock may be slow, so that it believes in a lease for up to DRIFT ticks of real time beyond LV. To be cut off is
 * to lose everything.
 *
 * Time is a set of countdowns that all go down in one step: the states are finite, and runs may be of any length.
 * Acknowledgements and the tail need no channel. An acknowledgement says "I have applied so much" and stays true, so a late
 * one is the same step taken later, and a process that has crashed never takes it (its successor has another id). A late page of
 * the tail is a part of the log.
 *
 * Rules; each can be taken out with -DNO_Gn, and the assertion then fails:
 *   G1  a join registers and reads the head in one atomic step
 *   G2  the lease counts from BEFORE the renewal was sent
 *   G3  a check looks first and reads its clock last, every time
 *   G4  an event is acknowledged only after it has been applied
 *   G5  revoke() waits the lease as the slowest clock counts it
 *   G6  a member is removed only when its last lease has surely run out                          [with -DREAPER]
 *   G7  a renewal counts only if the authority that takes the appends agreed                     [with -DSPLIT]
 *   G8  an answer belongs to its own request, and so to that request's start
 *   G9  a renewal is no acknowledgement: only what has been applied counts
 * GA, a log that survives a fail-over, has a file of its own: recovery.pml.
 */
#ifndef NV
#define NV 2            /* verifiers, 1 to 3 */
#endif
#ifndef NE
#define NE 1            /* revocations, 1 or 2 */
#endif
#ifndef LV
#define LV 2            /* the lease, in ticks */
#endif
#ifndef DRIFT
#define DRIFT 1
#endif

#define LONGEST_LEASE (LV + DRIFT)      /* in ticks of real time */
#ifdef NO_G5
#define FULL_WAIT LV
#else
#define FULL_WAIT (LV + DRIFT)
#endif
#define BIT(event) (1 << (event))

/* A renewal under way */
#define NONE 0
#define SENT 1
#define ANSWERED 2
#define READ_NOT_JOINED 3               /* without G1 */

/* Verifiers. Sets of events are bits. */
byte applied[NV];
byte leaseLeft[NV];                     /* ticks for which its clock still grants the lease */
byte renewal[NV];
byte renewalAge[NV];                    /* ticks since it was sent */
byte answer[NV];                        /* the log, as the answer brings it */

/* Store */
byte log;
bool isMember[NV];
byte acked[NV];
#ifdef REAPER
byte reapableIn[NV];
#endif
#ifdef SPLIT
bool isSplit; byte oldLog; bool reachesOldOnly[NV];
#endif

/* Revoker */
byte waitLeft;
byte members;                           /* the registry at the append */
bool isRevoking;
byte returned;

#define TICK(countdown) if :: countdown > 0 -> countdown-- :: else fi
#define TICK_VERIFIER(i) \
  TICK(leaseLeft[i]); \
  if :: renewal[i] > 0 && renewalAge[i] < LONGEST_LEASE -> renewalAge[i]++ :: else fi

active proctype Clock()
{
endClock:
  do
  :: atomic {
       TICK(waitLeft);
       TICK_VERIFIER(0);
#if NV > 1
       TICK_VERIFIER(1);
#endif
#if NV > 2
       TICK_VERIFIER(2);
#endif
#ifdef REAPER
       TICK(reapableIn[0]);
#if NV > 1
       TICK(reapableIn[1]);
#endif
#if NV > 2
       TICK(reapableIn[2]);
#endif
#endif
     }
  od
}

#ifdef SPLIT
#define REACHES(i) (!(isSplit && reachesOldOnly[i]))
#else
#define REACHES(i) true
#endif

inline grant(i)
{
#ifdef NO_G9
  acked[i] = log;
#else
  if :: !isMember[i] -> acked[i] = 0 :: else fi;
#endif
  isMember[i] = 1; answer[i] = log; renewal[i] = ANSWERED;
#ifdef REAPER
  reapableIn[i] = FULL_WAIT
#endif
}

inline extendLease(i)
{
#ifdef NO_G2
  leaseLeft[i] = LONGEST_LEASE
#else
  if
  :: renewalAge[i] < LONGEST_LEASE && LONGEST_LEASE - renewalAge[i] > leaseLeft[i] ->
       leaseLeft[i] = LONGEST_LEASE - renewalAge[i]
  :: else
  fi
#endif
}

/* A verifier, and what the store does for it. */
proctype Verifier(byte i)
{
  byte event; bool isUnknown, hasLease;
endVerifier:
  do
  /* JOIN and RENEW */
  :: d_step { renewal[i] == NONE -> renewal[i] = SENT; renewalAge[i] = 0 }
#ifdef NO_G1
  :: d_step { renewal[i] == SENT && REACHES(i) && isMember[i] -> grant(i) }
  :: d_step { renewal[i] == SENT && REACHES(i) && !isMember[i] -> answer[i] = log; renewal[i] = READ_NOT_JOINED }
  :: d_step { renewal[i] == READ_NOT_JOINED -> isMember[i] = 1; acked[i] = 0; renewal[i] = ANSWERED }
#else
  :: d_step { renewal[i] == SENT && REACHES(i) -> grant(i) }
#endif
  /* The answer arrives: what it brings is applied, then the lease grows. */
  :: d_step { renewal[i] == ANSWERED ->
       applied[i] = applied[i] | answer[i];
       extendLease(i);
       renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }
#ifdef NO_G8
  /* Sent once more; the answer to the first is then taken for that of the second. */
  :: d_step { renewal[i] == ANSWERED -> renewalAge[i] = 0 }
#endif
  /* Lost, request or answer. */
  :: d_step { renewal[i] != NONE -> renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }
  /* TAIL */
  :: d_step { REACHES(i) && (log & ~applied[i]) -> applied[i] = applied[i] | log }
#if NE > 1
  :: d_step { REACHES(i) && (log & 1 & ~applied[i]) -> applied[i] = applied[i] | 1 }     /* only its beginning */
#endif
  /* ACK */
#ifdef NO_G4
  :: d_step { REACHES(i) && isMember[i] && (log & ~acked[i]) -> acked[i] = log }
#else
  :: d_step { REACHES(i) && isMember[i] && (applied[i] & ~acked[i]) -> acked[i] = acked[i] | applied[i] }
#endif
  /* Crash, and back with nothing; the registry keeps the former member. */
  :: d_step { applied[i] > 0 || leaseLeft[i] > 0 || renewal[i] != NONE ->
       applied[i] = 0; leaseLeft[i] = 0; renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }
#ifdef REAPER
#ifdef NO_G6
  :: d_step { isMember[i] -> isMember[i] = 0; acked[i] = 0; reapableIn[i] = 0 }
#else
  :: d_step { isMember[i] && reapableIn[i] == 0 -> isMember[i] = 0; acked[i] = 0 }
#endif
#endif
#ifdef SPLIT
  /* A former primary lives on, and some verifiers reach only that one. */
  :: d_step { !isSplit -> isSplit = 1; oldLog = log }
  :: d_step { isSplit && renewal[i] == NONE && !reachesOldOnly[i] -> reachesOldOnly[i] = 1 }
  :: d_step { isSplit && renewal[i] == NONE && reachesOldOnly[i] -> reachesOldOnly[i] = 0 }
#ifdef NO_G7
  :: d_step { isSplit && reachesOldOnly[i] && renewal[i] == SENT -> answer[i] = oldLog; renewal[i] = ANSWERED }
#endif
#endif
  /* CHECK of a credential that the event covers */
  :: event = 0; goto check
#if NE > 1
  :: event = 1; goto check
#endif
  od;
check:
#ifdef NO_G3
  hasLease = (leaseLeft[i] > 0);
  d_step { isUnknown = !(applied[i] & BIT(event));
    if :: isUnknown && hasLease -> assert(!(returned & BIT(event))) :: else fi;
    event = 0; isUnknown = 0; hasLease = 0 };
#else
  isUnknown = !(applied[i] & BIT(event));          /* any pause may follow */
  d_step { if :: isUnknown && leaseLeft[i] > 0 -> assert(!(returned & BIT(event))) :: else fi;
    event = 0; isUnknown = 0 };
#endif
  goto endVerifier
}

#define DONE_WITH(i, event) (!(members & BIT(i)) || !isMember[i] || (acked[i] & BIT(event)))
#if NV > 2
#define ALL_DONE(event) (DONE_WITH(0, event) && DONE_WITH(1, event) && DONE_WITH(2, event))
#define REGISTRY (isMember[0] + 2 * isMember[1] + 4 * isMember[2])
#else
#if NV > 1
#define ALL_DONE(event) (DONE_WITH(0, event) && DONE_WITH(1, event))
#define REGISTRY (isMember[0] + 2 * isMember[1])
#else
#define ALL_DONE(event) (DONE_WITH(0, event))
#define REGISTRY (isMember[0])
#endif
#endif

active proctype Revoker()
{
  byte event;
  do
  :: event < NE ->
       d_step { log = log | BIT(event); members = REGISTRY; waitLeft = FULL_WAIT; isRevoking = 1 };
       if
       :: d_step { ALL_DONE(event) -> returned = returned | BIT(event); isRevoking = 0 }
#ifndef NO_END
       :: d_step { waitLeft == 0 -> returned = returned | BIT(event); isRevoking = 0 }
#endif
       fi;
       event++
  :: else -> break
  od
}

init {
  byte i;
  atomic {
    do
    :: i < NV -> run Verifier(i); i++
    :: else -> break
    od
  }
}

#ifdef LIVENESS
ltl returns { [] (isRevoking -> <> !isRevoking) }
#endif

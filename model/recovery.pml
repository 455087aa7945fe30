/*
 * Fail-over: a log that loses its end (docs/guarantee.md). A model for SPIN; run it with `npm run model`.
 *
 * The protocol of revocation.pml with all of its rules, on a primary with NR replicas. Replication lags: a replica holds what the
 * primary held at some moment before. Once, the primary dies and any one of the replicas takes its place, so that any end of the
 * history is lost: appends, joins and acknowledgements. Then there is another incarnation, and whoever revokes appends again.
 *
 * SAFETY (the assertion in Verifier) no verifier decides to accept a credential whose revoke() has returned.
 *
 * GA, a log that survives a fail-over, is kept in one of two ways; without either the assertion fails:
 *   -DWAIT     appends and joins are answered when ALL replicas have them. Verifiers may crash.
 *     A1  all of them: any one may be promoted
 *     A2  joins, too: whoever holds a lease must be known to the next primary
 *   -DRECOVER  the fleet's memory mends the log; as long as who holds the event survives (-DNO_CRASH).
 *     B1  in a new incarnation there is no lease before the longest old one has run out
 *     B2  and before every verifier has uploaded what it holds and the log lacks
 *     B3  no revoke() returns before another process holds the event
 *     B4  after a fail-over the wait starts over
 * Each rule can be taken out with -DNO_An or -DNO_Bn, and the assertion then fails.
 */
#ifndef NV
#define NV 2            /* verifiers, 2 or 3 */
#endif
#ifndef NE
#define NE 1            /* revocations, 1 or 2 */
#endif
#ifndef NR
#define NR 1            /* replicas, 1 or 2 */
#endif
#ifndef LV
#define LV 1            /* the lease, in ticks */
#endif
#ifndef DRIFT
#define DRIFT 0
#endif

#define LONGEST_LEASE (LV + DRIFT)
#define FULL_WAIT (LV + DRIFT)
#define BIT(n) (1 << (n))

/* A renewal under way */
#define NONE 0
#define SENT 1
#define REPLICATING 2                   /* with WAIT */
#define ANSWERED 3

/* Verifiers. Sets of events, and of verifiers, are bits. */
byte applied[NV];
byte leaseLeft[NV];
byte renewal[NV];
byte renewalAge[NV];
byte answer[NV];

/* Primary */
byte log;
byte members;
byte acked[NV];
bool hasFailedOver;
byte barrierLeft;
byte uploaded;

/* Replicas */
byte logAt[NR];
byte membersAt[NR];

/* Revoker */
byte waitLeft;
byte waitsFor;                          /* the registry at the append */
byte returned;

#define EVERYONE ((1 << NV) - 1)
#define TICK(countdown) if :: countdown > 0 -> countdown-- :: else fi
#define TICK_VERIFIER(i) \
  TICK(leaseLeft[i]); \
  if :: renewal[i] != NONE && renewalAge[i] < LONGEST_LEASE -> renewalAge[i]++ :: else fi

#ifdef WAIT
#if NR > 1
#ifdef NO_A1
#define HAVE(set, n) ((set[0] & BIT(n)) || (set[1] & BIT(n)))
#else
#define HAVE(set, n) ((set[0] & BIT(n)) && (set[1] & BIT(n)))
#endif
#else
#define HAVE(set, n) (set[0] & BIT(n))
#endif
#define APPENDED(event) (hasFailedOver || HAVE(logAt, event))
#define JOINED(i) (hasFailedOver || HAVE(membersAt, i))
#else
#define APPENDED(event) true
#define JOINED(i) true
#endif

/* Whether the present incarnation grants leases. */
#ifdef RECOVER
#ifdef NO_B1
#define IS_OPEN (!hasFailedOver || uploaded == EVERYONE)
#else
#ifdef NO_B2
#define IS_OPEN (!hasFailedOver || barrierLeft == 0)
#else
#define IS_OPEN (!hasFailedOver || (barrierLeft == 0 && uploaded == EVERYONE))
#endif
#endif
#else
#define IS_OPEN true
#endif

active proctype Clock()
{
endClock:
  do
  :: atomic {
       TICK(waitLeft); TICK(barrierLeft);
       TICK_VERIFIER(0);
       TICK_VERIFIER(1);
#if NV > 2
       TICK_VERIFIER(2);
#endif
     }
  od
}

/* Of acknowledgements the new primary has at most those of what it has. */
inline forget(i)
{
  acked[i] = acked[i] & log;
  if :: !(members & BIT(i)) -> acked[i] = 0 :: else fi;
  if :: renewal[i] == REPLICATING -> renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 :: else fi
}

/* A replica has what the primary has now, or still what it had before. */
proctype Replica(byte r)
{
endReplica:
  do
  :: d_step { !hasFailedOver && (logAt[r] != log || membersAt[r] != members) -> logAt[r] = log; membersAt[r] = members }
  :: d_step { !hasFailedOver ->
       hasFailedOver = 1; log = logAt[r]; members = membersAt[r]; uploaded = 0; barrierLeft = FULL_WAIT + 1;
       forget(0); forget(1);
#if NV > 2
       forget(2);
#endif
     }
  od
}

proctype Verifier(byte i)
{
  byte event; bool isUnknown;
endVerifier:
  do
  /* JOIN and RENEW */
  :: d_step { renewal[i] == NONE -> renewal[i] = SENT; renewalAge[i] = 0 }
  :: d_step { renewal[i] == SENT && IS_OPEN ->
       if :: !(members & BIT(i)) -> acked[i] = 0 :: else fi;
       members = members | BIT(i); answer[i] = log; renewal[i] = REPLICATING;
#ifndef WAIT
       renewal[i] = ANSWERED
#endif
     }
#ifdef WAIT
#ifdef NO_A2
  :: d_step { renewal[i] == REPLICATING -> renewal[i] = ANSWERED }
#else
  :: d_step { renewal[i] == REPLICATING && JOINED(i) -> renewal[i] = ANSWERED }
#endif
#endif
  /* The answer arrives, be it that of a primary which has died since. */
  :: d_step { renewal[i] == ANSWERED ->
       applied[i] = applied[i] | answer[i];
       if
       :: renewalAge[i] < LONGEST_LEASE && LONGEST_LEASE - renewalAge[i] > leaseLeft[i] ->
            leaseLeft[i] = LONGEST_LEASE - renewalAge[i]
       :: else
       fi;
       renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }
  :: d_step { renewal[i] != NONE -> renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }    /* lost */
  /* TAIL and ACK */
  :: d_step { (log & ~applied[i]) -> applied[i] = applied[i] | log }
#if NE > 1
  :: d_step { (log & 1 & ~applied[i]) -> applied[i] = applied[i] | 1 }
#endif
  :: d_step { IS_OPEN && (members & BIT(i)) && (log & applied[i] & ~acked[i]) -> acked[i] = acked[i] | (log & applied[i]) }
#ifndef NO_CRASH
  :: d_step { applied[i] > 0 || leaseLeft[i] > 0 || renewal[i] != NONE ->
       applied[i] = 0; leaseLeft[i] = 0; renewal[i] = NONE; renewalAge[i] = 0; answer[i] = 0 }
#endif
#ifdef RECOVER
  :: d_step { hasFailedOver && !(uploaded & BIT(i)) -> log = log | applied[i]; uploaded = uploaded | BIT(i) }
#endif
  /* CHECK */
  :: event = 0; goto check
#if NE > 1
  :: event = 1; goto check
#endif
  od;
check:
  isUnknown = !(applied[i] & BIT(event));
  d_step { if :: isUnknown && leaseLeft[i] > 0 -> assert(!(returned & BIT(event))) :: else fi;
    event = 0; isUnknown = 0 };
  goto endVerifier
}

#define DONE_WITH(i, event) (!(waitsFor & BIT(i)) || !(members & BIT(i)) || (acked[i] & BIT(event)))
#if NV > 2
#define ALL_DONE(event) (DONE_WITH(0, event) && DONE_WITH(1, event) && DONE_WITH(2, event))
#define IS_ACKED(event) ((acked[0] | acked[1] | acked[2]) & BIT(event))
#else
#define ALL_DONE(event) (DONE_WITH(0, event) && DONE_WITH(1, event))
#define IS_ACKED(event) ((acked[0] | acked[1]) & BIT(event))
#endif
#ifdef RECOVER
#ifdef NO_B3
#define IS_HELD(event) true
#else
#define IS_HELD(event) IS_ACKED(event)
#endif
#else
#define IS_HELD(event) true
#endif

active proctype Revoker()
{
  byte event; bool before;
  do
  :: event < NE ->
       d_step { log = log | BIT(event); waitsFor = members; waitLeft = FULL_WAIT; before = hasFailedOver };
again:
       if
       :: d_step { hasFailedOver != before ->
            before = 1; log = log | BIT(event); waitsFor = members;
#ifndef NO_B4
            waitLeft = FULL_WAIT + 1
#endif
          }; goto again
       :: d_step { hasFailedOver == before && APPENDED(event) && IS_OPEN && IS_HELD(event) && ALL_DONE(event) ->
            returned = returned | BIT(event) }
       :: d_step { hasFailedOver == before && APPENDED(event) && IS_OPEN && IS_HELD(event) && waitLeft == 0 ->
            returned = returned | BIT(event) }
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
    od;
    i = 0;
    do
    :: i < NR -> run Replica(i); i++
    :: else -> break
    od
  }
}

/* loop.h: one thread's event loop (libevent).  Everything but loop_post() and loop_stop() is
 * called on the loop's own thread, or before it runs. */
#ifndef INVENTIV_BASE_LOOP_H
#define INVENTIV_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_turn_end;

typedef void (*loop_fn)(void *argument);

/* The caller frees with loop_free(), after the loop has stopped and its timers and watches are
 * freed; NULL accepted. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);

/* From any thread: runs fn(argument) once on the loop's thread, in order of posting; what was
 * posted and not yet run when the loop stops is run by loop_free(). */
void loop_post(struct loop *loop, loop_fn fn, void *argument);
void loop_stop(struct loop *loop); /* from any thread and from a signal's callback */

/* Calls fn on the loop when the process gets SIGTERM or SIGINT; one per loop. */
void loop_on_stop_signal(struct loop *loop, loop_fn fn, void *argument);

/* Fires once after delay_ms, unless started again or stopped; the caller frees it. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *argument);
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Calls fn whenever fd is readable (writable, when asked for); level-triggered.  The fd stays the
 * caller's and must outlive the watch. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_fn fn, void *argument);
void loop_watch_writable(struct loop_watch *watch, bool wanted);
void loop_watch_free(struct loop_watch *watch);

/* Calls fn once at the end of the present turn of the loop, however often it is asked for within
 * the turn: how batches are sent without a timer. */
struct loop_turn_end *loop_turn_end_new(struct loop *loop, loop_fn fn, void *argument);
void loop_turn_end_ask(struct loop_turn_end *turn_end);
void loop_turn_end_free(struct loop_turn_end *turn_end);

#endif

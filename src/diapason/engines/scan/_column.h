/* One column of numbers: counts, moments, an adaptive histogram, distinct values, runs, spikes, windows.
 *
 * Every state is a block of plain memory that numpy owns (see column.py for its fields), so that it can be kept, copied
 * and merged.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3", "associative-math", "no-signed-zeros", "finite-math-only", "no-trapping-math", "no-math-errno")
#if defined(__x86_64__) && defined(__gnu_linux__)
#define WIDE __attribute__((target_clones("arch=x86-64-v3", "default"))) /* by the machine that it runs on */
#endif
#endif
#ifndef WIDE
#define WIDE
#endif

#define CAP 4096     /* values, or ranges of values, that a histogram tells apart at most */
#define SLOTS 8192   /* of its hash table: a power of two, twice as many, for short searches */
#define NEAR 8192    /* ranges of either sign that are counted in place while one batch is taken in */
#define REGISTERS 4096
#define SIZES 512    /* quarter octaves from 2^-64 to 2^64 */
#define LENGTHS 48   /* octaves of the length of a run */
#define KEPT 32      /* largest spikes, longest runs */
#define BLOCK 512
#define FEW 2048     /* values of a batch that are not worth counting in place */

typedef struct { double size, value, around; int64_t row, track; } Spike; /* around: the mean of both neighbours */
typedef struct { int64_t length; double value; int64_t row; int64_t track; } Run;

typedef struct { uint64_t key; int64_t count; } Entry; /* the key plus one: zero is free */

typedef struct {
    int64_t rows, missing, infinite, below, above;
    int64_t known, zeros, repeats, extremes, at_low, at_high;
    double low, high, mean, m2, m3, m4;
    double allowed_low, allowed_high; /* range of the contract, infinite where none is said */
    int64_t level;                    /* bits of each value that the histogram does not tell apart */
    int64_t used;
    int64_t spikes, runs;             /* kept so far */
    Entry table[SLOTS];
    uint8_t registers[REGISTERS];
    int64_t sizes[SIZES];
    int64_t lengths[LENGTHS];
    Spike spike[KEPT];
    Run run[KEPT];
} Column;

typedef struct { /* where the values of one asset begin and end */
    int64_t known;             /* values so far */
    double first[2], last[2];  /* last[1] is the newest */
    int64_t first_row[2], last_row[2];
    int64_t lead, trail;       /* length of the first and of the newest run */
    int64_t lead_row, trail_row;
} Track;

typedef struct { int64_t n; double mean, m2, low, high; } Window;
typedef struct { int64_t begin, end, track, window, slot; } Stretch;

static inline uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    return bits;
}

static inline uint64_t ordered(double x) { /* whole numbers in the order of the values; both zeros are one */
    uint64_t bits = bits_of(x), top = 0x8000000000000000ull;
    bits = bits == top ? 0 : bits;
    return bits ^ (bits & top ? ~0ull : top);
}

static inline uint64_t mixed(uint64_t key) { /* both halves of a product, folded, twice: once leaves steps of equal size too even */
#ifdef __SIZEOF_INT128__
    unsigned __int128 product = (unsigned __int128)(key ^ 0x2D358DCCAA6C78A5ull) * 0x8BB84B93962EACC9ull;
    uint64_t once = (uint64_t)product ^ (uint64_t)(product >> 64);
    product = (unsigned __int128)(once ^ 0x4B33A62ED433D4A3ull) * 0x4D5A2DA51DE1AA47ull;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t h = (key ^ (key >> 32)) * 0xBF58476D1CE4E5B9ull;
    h = (h ^ (h >> 29)) * 0x94D049BB133111EBull;
    return h ^ (h >> 32);
#endif
}

static inline Entry *place(Column *c, uint64_t key) {
    uint64_t at = (key * 0x9E3779B97F4A7C15ull) >> 51;
    while (c->table[at].key && c->table[at].key != key + 1) at = (at + 1) & (SLOTS - 1);
    return &c->table[at];
}

static inline void told(Column *c, uint64_t h) { /* distinct values: HyperLogLog */
    uint8_t rank = (uint8_t)(__builtin_clzll((h << 12) | 2048) + 1), *r = &c->registers[h >> 52];
    *r = rank > *r ? rank : *r;
}

WIDE static int least(const Column *c) { /* of the registers */
    uint8_t found = 255;
    for (int64_t i = 0; i < REGISTERS; i++) found = c->registers[i] < found ? c->registers[i] : found;
    return found;
}

static void coarsened(Column *c, int64_t bits) { /* forget bits; until then the values themselves were told apart */
    if (c->level == 0)
        for (int64_t i = 0; i < SLOTS; i++)
            if (c->table[i].key) told(c, mixed(c->table[i].key - 1));
    Entry kept[CAP + 1];
    int64_t n = 0;
    for (int64_t i = 0; i < SLOTS; i++)
        if (c->table[i].key) kept[n++] = (Entry){(c->table[i].key - 1) >> bits, c->table[i].count};
    memset(c->table, 0, sizeof c->table);
    c->level += bits;
    c->used = 0;
    for (int64_t i = 0; i < n; i++) {
        Entry *e = place(c, kept[i].key);
        c->used += !e->key;
        e->key = kept[i].key + 1;
        e->count += kept[i].count;
    }
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void coarser(Column *c) { /* forget as few bits as leave no more ranges than there is room for */
    uint64_t key[CAP + 1];
    int64_t n = 0, part[65] = {0}, bits = 64;
    if (c->level) { coarsened(c, 1); return; } /* nearly always enough, and no sorting */
    for (int64_t i = 0; i < SLOTS; i++)
        if (c->table[i].key) key[n++] = c->table[i].key - 1;
    qsort(key, (size_t)n, sizeof *key, ascending);
    for (int64_t i = 1; i < n; i++) part[64 - __builtin_clzll(key[i] ^ key[i - 1])]++; /* apart until so many are forgotten */
    for (int64_t ranges = 1; bits > 1 && ranges + part[bits] <= CAP; bits--) ranges += part[bits];
    coarsened(c, bits);
}

static void counted(Column *c, uint64_t key, int64_t times) {
    Entry *e = place(c, key);
    c->used += !e->key;
    e->key = key + 1;
    e->count += times;
    while (c->used > CAP) coarser(c);
}

static inline int octave(int64_t n) { int b = 63 - __builtin_clzll((uint64_t)n); return b < LENGTHS ? b : LENGTHS - 1; }

static void keep_spike(Column *c, Spike s) {
    int64_t i = c->spikes < KEPT ? c->spikes++ : KEPT;
    if (i == KEPT) {
        if (s.size < c->spike[KEPT - 1].size || (s.size == c->spike[KEPT - 1].size && s.row >= c->spike[KEPT - 1].row)) return;
        i = KEPT - 1;
    }
    while (i > 0 && (c->spike[i - 1].size < s.size || (c->spike[i - 1].size == s.size && c->spike[i - 1].row > s.row))) { c->spike[i] = c->spike[i - 1]; i--; }
    c->spike[i] = s;
}

static void keep_run(Column *c, Run r) {
    int64_t i = c->runs < KEPT ? c->runs++ : KEPT;
    if (i == KEPT) {
        if (r.length < c->run[KEPT - 1].length || (r.length == c->run[KEPT - 1].length && r.row >= c->run[KEPT - 1].row)) return;
        i = KEPT - 1;
    }
    while (i > 0 && (c->run[i - 1].length < r.length || (c->run[i - 1].length == r.length && c->run[i - 1].row > r.row))) { c->run[i] = c->run[i - 1]; i--; }
    c->run[i] = r;
}

static inline int64_t bin(double size) {
    int64_t at = (int64_t)(bits_of(size) >> 50) - ((1023 - 64) << 2);
    return at < 0 ? 0 : at >= SIZES ? SIZES - 1 : at;
}

static void leapt(Column *c, double before, double x, double after, int64_t row, int64_t track) {
    double up = x - before, down = x - after;
    if (!(up * down > 0)) return;
    double size = fabs(up) < fabs(down) ? fabs(up) : fabs(down);
    c->sizes[bin(size)]++;
    c->extremes++;
    keep_spike(c, (Spike){size, x, (before + after) / 2, row, track});
}

static void ended(Column *c, const Track *t, int64_t track) { /* the newest run is over */
    c->lengths[octave(t->trail)]++;
    if (t->trail > 1 && (c->runs < KEPT || t->trail > c->run[KEPT - 1].length))
        keep_run(c, (Run){t->trail, t->last[1], t->trail_row, track});
}

static void summed(double *mean, double *m2, int64_t *n, double mean_b, double m2_b, int64_t nb) {
    double d = mean_b - *mean, all = (double)(*n + nb);
    *m2 += m2_b + d * d * (double)*n * (double)nb / all;
    *mean += d * (double)nb / all;
    *n += nb;
}

static void moments(Column *c, int64_t nb, double mean, double m2, double m3, double m4) { /* Pebay 2008 */
    double a = (double)c->known, b = (double)nb, n = a + b, d = mean - c->mean, q = d / n;
    if (!nb) return;
    c->m4 += m4 + d * q * q * q * a * b * (a * a - a * b + b * b) + 6 * q * q * (a * a * m2 + b * b * c->m2) + 4 * q * (a * m3 - b * c->m3);
    c->m3 += m3 + d * q * q * a * b * (a - b) + 3 * q * (a * m2 - b * c->m2);
    c->m2 += m2 + d * q * a * b;
    c->mean += q * b;
    c->known += nb;
}

typedef struct { /* what one batch of a column is counted in, before it goes to the state */
    uint64_t base[2];
    int64_t level; /* 0: nothing is counted in place */
    int few;       /* so that nothing has to be */
    int ready;     /* counts are cleared */
    uint64_t common; /* digests above it change no register; registers only grow, so it is looked up now and then */
    int64_t asked;   /* values since then; less than zero: never */
    int32_t size[2][SIZES];
    int32_t count[2][2][NEAR];
} Near;

typedef struct { /* numbers of the rows of a block */
    const int64_t *at;    /* NULL: they follow one another from the first on, in the order given */
    const int32_t *order; /* NULL: as stored */
    int64_t first;
} Rows;

static inline int64_t row_of(const Rows *r, int64_t i) { return r->at ? r->at[i] : r->first + (r->order ? r->order[i] : i); }

static void cleared(Near *near) { /* counts are, where they are first needed */
    near->level = near->few = near->ready = 0;
    near->asked = -1;
    memset(near->size, 0, sizeof near->size);
}

static void emptied(Column *c, Near *near) { /* what was counted in place goes to the table */
    int64_t level = near->level;
    if (level <= 0) return;
    for (int s = 0; s < 2; s++)
        for (int64_t i = 0; i < NEAR; i++)
            if (near->count[0][s][i] | near->count[1][s][i]) {
                int64_t times = (int64_t)near->count[0][s][i] + near->count[1][s][i];
                counted(c, (near->base[s] + (uint64_t)i) >> (c->level - level), times);
                near->count[0][s][i] = near->count[1][s][i] = 0;
            }
    near->level = 0;
}

static void aimed(const Column *c, Near *near, const double *x, int64_t n) { /* where most values of a block lie */
    uint64_t low[2] = {~0ull, ~0ull}, high[2] = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = ordered(x[i]) >> c->level;
        int s = x[i] >= 0;
        low[s] = key < low[s] ? key : low[s];
        high[s] = key > high[s] ? key : high[s];
    }
    near->level = c->level;
    if (!near->ready) memset(near->count, 0, sizeof near->count);
    near->ready = 1;
    for (int s = 0; s < 2; s++) {
        uint64_t span = high[s] - low[s], room = NEAR / 8;
        if (low[s] > high[s]) near->base[s] = 0;
        else if (span < NEAR) near->base[s] = low[s] - (NEAR - span) / 2;
        else near->base[s] = s ? high[s] + room - NEAR : low[s] - room; /* the largest sizes, and all but the smallest */
    }
}

static void each_value(Column *c, const double *x, int64_t n) { /* while values themselves are told apart */
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = ordered(x[i]);
        Entry *e = &c->table[(key * 0x9E3779B97F4A7C15ull) >> 51];
        if (e->key == key + 1 && c->level == 0) { e->count++; continue; }
        if (c->level) told(c, mixed(key));
        counted(c, key >> c->level, 1);
    }
}

static inline uint64_t digested(Column *c, uint64_t key, uint64_t common) { /* a digest above it changes no register */
    uint64_t h = mixed(key);
    if (__builtin_expect((h << 12) <= common, 0)) told(c, h);
    return key;
}

static uint64_t seldom(const Column *c, Near *near, int64_t n) { /* to ask all registers takes as long as a block */
    if (near->asked < 0 || near->asked > 8 * BLOCK) { near->common = ~0ull >> least(c); near->asked = 0; }
    near->asked += n;
    return near->common;
}

WIDE static void histogram(Column *c, Near *near, const double *x, int64_t n, double low, double high) {
    if (c->level == 0) { each_value(c, x, n); return; }
    int64_t i = 0;
    uint64_t common = seldom(c, near, n);
    for (; near->few && i < n; i++) counted(c, digested(c, ordered(x[i]), common) >> c->level, 1);
    if (i == n) return;
    if (near->level != c->level) { emptied(c, near); aimed(c, near, x, n); }
    int64_t level = c->level;
    uint64_t from = ordered(low) >> level, to = ordered(high) >> level;
    int side = low >= 0;
    if (side == (high >= 0) && from - near->base[side] < NEAR && to - near->base[side] < NEAR) { /* all of them near */
        int32_t *one = near->count[0][side], *two = near->count[1][side];
        uint64_t base = near->base[side], on = side ? 0x8000000000000000ull : 0, off = side ? 0 : ~0ull; /* as `ordered` */
        for (; i + 1 < n; i += 2) { /* in turns: the same place twice would have to wait */
            one[(digested(c, (bits_of(x[i]) | on) ^ off, common) >> level) - base]++;
            two[(digested(c, (bits_of(x[i + 1]) | on) ^ off, common) >> level) - base]++;
        }
        if (i < n) one[(digested(c, (bits_of(x[i]) | on) ^ off, common) >> level) - base]++;
        return;
    }
    for (; i < n; i++) {
        uint64_t key = digested(c, ordered(x[i]), common), k = key >> level;
        int s = (int)(key >> 63);
        uint64_t at = k - near->base[s];
        if (at < NEAR) near->count[i & 1][s][at]++;
        else counted(c, k >> (c->level - level), 1);
    }
    if (c->level != level) emptied(c, near);
}

WIDE static double summed_up(const double *x, int64_t n, double *low, double *high) {
    double s = 0, a = x[0], b = x[0];
    for (int64_t i = 0; i < n; i++) {
        s += x[i];
        a = x[i] < a ? x[i] : a;
        b = x[i] > b ? x[i] : b;
    }
    *low = a; *high = b;
    return s;
}

WIDE static void shape(const double *x, int64_t n, double m, double *m2, double *m3, double *m4) {
    double q2 = 0, q3 = 0, q4 = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = x[i] - m, q = d * d;
        q2 += q; q3 += q * d; q4 += q * q;
    }
    *m2 = q2; *m3 = q3; *m4 = q4;
}

WIDE static int64_t same_as_next(const double *x, int64_t n) {
    int64_t same = 0;
    for (int64_t i = 0; i + 1 < n; i++) same += x[i] == x[i + 1];
    return same;
}

WIDE static double leaps(const double *x, int64_t n, double *size, int64_t *many) { /* of each value between its neighbours */
    const double least = 0x1p-64, most = 0x1.FFFFFFFFFFFFFp63; /* of the sizes that are told apart */
    double largest = 0;
    int64_t found = 0;
    for (int64_t i = 1; i + 1 < n; i++) {
        double up = x[i] - x[i - 1], down = x[i] - x[i + 1], a = fabs(up), b = fabs(down);
        double leap = up * down > 0 ? (a < b ? a : b) : 0;
        found += leap > 0;
        largest = leap > largest ? leap : largest;
        leap = leap < least ? least : leap;
        size[i] = leap > most ? most : leap;
    }
    *many = found;
    return largest;
}

static inline int64_t bin_of(double size) { return (int64_t)(bits_of(size) >> 50) - ((1023 - 64) << 2); }

WIDE static void sized(const double *size, int64_t n, int32_t *one, int32_t *two) {
    int64_t i = 0;
    for (; i + 1 < n; i += 2) { one[bin_of(size[i])]++; two[bin_of(size[i + 1])]++; }
    if (i < n) one[bin_of(size[i])]++;
}

static void inside(Column *c, Near *near, const double *x, const Rows *rows, int64_t n, int64_t track) { /* of a block */
    double size[BLOCK], least = c->spikes < KEPT ? 0 : c->spike[KEPT - 1].size;
    int64_t many;
    double largest = leaps(x, n, size, &many);
    sized(size + 1, n - 2, near->size[0], near->size[1]);
    c->sizes[0] -= n - 2 - many; /* those that are none were counted there */
    c->extremes += many;
    for (int64_t i = 1; largest > least && i + 1 < n; i++) {
        double up = x[i] - x[i - 1], down = x[i] - x[i + 1], leap = fabs(up) < fabs(down) ? fabs(up) : fabs(down);
        if (!(up * down > 0) || !(leap > least)) continue;
        keep_spike(c, (Spike){leap, x[i], (x[i - 1] + x[i + 1]) / 2, row_of(rows, i), track});
        least = c->spikes < KEPT ? 0 : c->spike[KEPT - 1].size;
    }
}

static inline void run_on(Column *c, Track *t, double v, int64_t row, int64_t track) {
    if (t->known && v == t->last[1]) {
        c->repeats++;
        t->trail++;
    } else {
        if (t->known) {
            if (t->trail == t->known) t->lead = t->trail; else ended(c, t, track);
        }
        t->trail = 1;
        t->trail_row = row;
    }
    if (t->known < 2) { t->first[t->known] = v; t->first_row[t->known] = row; }
    t->last[0] = t->last[1]; t->last[1] = v;
    t->last_row[0] = t->last_row[1]; t->last_row[1] = row;
    t->known++;
}

static void runs(Column *c, Track *t, const double *x, const Rows *rows, int64_t i, int64_t n, int64_t track) { /* from i on */
    int64_t single = 0, repeats = 0, begin = i - t->trail; /* may lie before the block: only its distance counts */
    for (int64_t j = i; j < n; j++) {
        if (x[j] == x[j - 1]) { repeats++; continue; }
        if (j - begin == 1) single++;
        else { t->trail = j - begin; t->last[1] = x[j - 1]; if (begin >= i) t->trail_row = row_of(rows, begin); ended(c, t, track); }
        begin = j;
    }
    t->trail = n - begin;
    if (begin >= i) t->trail_row = row_of(rows, begin);
    c->lengths[0] += single;
    c->repeats += repeats;
}

static void sequence(Column *c, Near *near, Track *t, const double *x, const Rows *rows, int64_t n, int64_t track) {
    /* the seam, then the inside */
    if (t->known > 1) leapt(c, t->last[0], t->last[1], x[0], t->last_row[1], track);
    if (t->known > 0 && n > 1) leapt(c, t->last[1], x[0], x[1], row_of(rows, 0), track);
    if (n > 2) inside(c, near, x, rows, n, track);
    run_on(c, t, x[0], row_of(rows, 0), track);
    if (n > 1) run_on(c, t, x[1], row_of(rows, 1), track);
    if (n < 3) return;
    int64_t i = 2;
    for (; i < n && t->trail == t->known; i++) run_on(c, t, x[i], row_of(rows, i), track); /* the first run goes on */
    if (same_as_next(x + i - 1, n - i + 1)) runs(c, t, x, rows, i, n, track);
    else if (i < n) { /* runs of one, but for the newest */
        ended(c, t, track);
        c->lengths[0] += n - i - 1;
        t->trail = 1;
        t->trail_row = row_of(rows, n - 1);
    }
    t->last[0] = x[n - 2]; t->last[1] = x[n - 1];
    t->last_row[0] = row_of(rows, n - 2); t->last_row[1] = row_of(rows, n - 1);
    t->known += n - i;
}

static void held(Column *c, Track *t, double x, const Rows *rows, int64_t n, int64_t track) { /* one value all along */
    if (t->known > 1) leapt(c, t->last[0], t->last[1], x, t->last_row[1], track);
    run_on(c, t, x, row_of(rows, 0), track);
    if (n > 1) run_on(c, t, x, row_of(rows, 1), track);
    if (n < 3) return;
    c->repeats += n - 2;
    t->trail += n - 2;
    t->known += n - 2;
    t->last_row[0] = row_of(rows, n - 2); t->last_row[1] = row_of(rows, n - 1);
}

static void once(Column *c, double x, int64_t n) { /* one value, so often, in the histogram */
    uint64_t key = ordered(x);
    if (c->level) told(c, mixed(key));
    counted(c, key >> c->level, n);
}

WIDE static int64_t equal_to(const double *x, int64_t n, double value) {
    int64_t same = 0;
    for (int64_t i = 0; i < n; i++) same += x[i] == value;
    return same;
}

static void into(Window *w, int64_t n, double mean, double m2, double low, double high) {
    if (!w->n || low < w->low) w->low = low;
    if (!w->n || high > w->high) w->high = high;
    summed(&w->mean, &w->m2, &w->n, mean, m2, n);
}

typedef struct { Column *c; Near *near; Track *t; Window *w, *s; int64_t track; } Into; /* where a stretch belongs */

/* One block of values that all are known, of one asset, in one window and slot. */
static void block(Into *to, const double *x, const Rows *rows, int64_t n, double sum, double low, double high) {
    Column *c = to->c;
    double mean = low < high ? sum / (double)n : low, m2 = 0, m3 = 0, m4 = 0;
    if (low < high) shape(x, n, mean, &m2, &m3, &m4);
    if (low < c->low || !c->known) { c->low = low; c->at_low = 0; }
    if (high > c->high || !c->known) { c->high = high; c->at_high = 0; }
    if (low == c->low) c->at_low += equal_to(x, n, low);
    if (high == c->high) c->at_high += equal_to(x, n, high);
    if (low <= 0 && high >= 0) c->zeros += equal_to(x, n, 0);
    if (low < c->allowed_low) for (int64_t i = 0; i < n; i++) c->below += x[i] < c->allowed_low;
    if (high > c->allowed_high) for (int64_t i = 0; i < n; i++) c->above += x[i] > c->allowed_high;
    moments(c, n, mean, m2, m3, m4);
    if (to->w) into(to->w, n, mean, m2, low, high);
    if (to->s) into(to->s, n, mean, m2, low, high);
    if (low < high) {
        sequence(c, to->near, to->t, x, rows, n, to->track);
        histogram(c, to->near, x, n, low, high);
    } else {
        held(c, to->t, x[0], rows, n, to->track);
        once(c, x[0], n);
    }
}

static inline int is_finite(double x) { return (bits_of(x) & 0x7FF0000000000000ull) != 0x7FF0000000000000ull; }

/* One block as it comes: what is missing or infinite is counted and left out. */
static void sifted(Into *to, const double *values, const Rows *rows, int64_t n) {
    double x[BLOCK], low, high;
    int64_t at[BLOCK], known = 0;
    Column *c = to->c;
    for (int64_t j = 0; j < n; j++) {
        uint64_t size = bits_of(values[j]) & 0x7FFFFFFFFFFFFFFFull;
        x[known] = values[j];
        at[known] = row_of(rows, j);
        c->missing += size > 0x7FF0000000000000ull;
        c->infinite += size == 0x7FF0000000000000ull;
        known += size < 0x7FF0000000000000ull;
    }
    Rows kept = {at, NULL, 0};
    if (!known) return;
    double sum = summed_up(x, known, &low, &high);
    block(to, x, &kept, known, sum, low, high);
}

static void taken(Into *to, const double *values, const Rows *rows, int64_t n) {
    double low, high, sum = summed_up(values, n, &low, &high);
    if (is_finite(sum)) block(to, values, rows, n, sum, low, high);
    else sifted(to, values, rows, n);
}

typedef struct { const double *values; const int32_t *order; const int64_t *rows; int64_t first; } Batch;

static void settled(Column *c, Near *near) { /* all of a batch is taken in */
    emptied(c, near);
    for (int64_t i = 0; i < SIZES; i++) c->sizes[i] += (int64_t)near->size[0][i] + near->size[1][i];
}

static void update(Column *c, Track *tracks, Window *windows, Window *slots, int64_t n_windows, const Batch *b, const Stretch *stretch, int64_t count) {
    double x[BLOCK];
    Near near;
    cleared(&near);
    for (int64_t k = 0, all = 0; k < count; k++) near.few = (all += stretch[k].end - stretch[k].begin) < FEW;
    for (int64_t k = 0; k < count; k++) {
        Stretch s = stretch[k];
        Window *w = windows && s.window >= 0 ? windows + s.track * n_windows + s.window : NULL;
        Into to = {c, &near, tracks + s.track, w, slots && s.slot >= 0 ? slots + s.slot : NULL, s.track};
        c->rows += s.end - s.begin;
        for (int64_t i = s.begin; i < s.end; i += BLOCK) {
            int64_t n = s.end - i < BLOCK ? s.end - i : BLOCK;
            if (!b->order) {
                Rows rows = {b->rows ? b->rows + i : NULL, NULL, b->first + i};
                taken(&to, b->values + i, &rows, n);
                continue;
            }
            for (int64_t j = 0; j < n; j++) x[j] = b->values[b->order[i + j]];
            Rows rows = {NULL, b->order + i, b->first};
            taken(&to, x, &rows, n);
        }
    }
    settled(c, &near);
}

static void joined(Column *c, Track *a, const Track *b, int64_t track) { /* b follows a */
    if (!b->known) return;
    if (!a->known) { *a = *b; return; }
    /* the places at the seam that neither side could judge */
    if (a->known > 1) leapt(c, a->last[0], a->last[1], b->first[0], a->last_row[1], track);
    if (b->known > 1) leapt(c, a->last[1], b->first[0], b->first[1], b->first_row[0], track);
    int64_t b_lead = b->trail == b->known ? b->known : b->lead;
    int same = a->last[1] == b->first[0];
    int a_one = a->trail == a->known, b_one = b->trail == b->known;
    Track out = *a;
    if (same) {
        c->repeats++;
        int64_t bridged = a->trail + b_lead;
        if (b_one) { out.trail = bridged; if (a_one) out.lead = bridged; }
        else {
            if (a_one) out.lead = bridged;
            else { Track t = *a; t.trail = bridged; ended(c, &t, track); }
            out.trail = b->trail; out.trail_row = b->trail_row;
        }
    } else {
        if (a_one) out.lead = a->trail; else ended(c, a, track);
        if (b_one) { out.trail = b->trail; out.trail_row = b->trail_row; }
        else {
            Track t = *b; t.trail = b_lead; t.last[1] = b->first[0]; t.trail_row = b->first_row[0];
            ended(c, &t, track);
            out.trail = b->trail; out.trail_row = b->trail_row;
        }
    }
    if (a->known == 1) { out.first[1] = b->first[0]; out.first_row[1] = b->first_row[0]; }
    if (b->known > 1) { out.last[0] = b->last[0]; out.last_row[0] = b->last_row[0]; }
    else { out.last[0] = a->last[1]; out.last_row[0] = a->last_row[1]; }
    out.last[1] = b->last[1]; out.last_row[1] = b->last_row[1];
    out.known = a->known + b->known;
    *a = out;
}

static void merged(Column *a, const Column *b) {
    a->rows += b->rows; a->missing += b->missing; a->infinite += b->infinite;
    a->below += b->below; a->above += b->above; a->zeros += b->zeros;
    a->repeats += b->repeats; a->extremes += b->extremes;
    if (b->known) {
        if (!a->known || b->low < a->low) { a->low = b->low; a->at_low = b->at_low; } else if (b->low == a->low) a->at_low += b->at_low;
        if (!a->known || b->high > a->high) { a->high = b->high; a->at_high = b->at_high; } else if (b->high == a->high) a->at_high += b->at_high;
        moments(a, b->known, b->mean, b->m2, b->m3, b->m4);
    }
    if (a->level < b->level) coarsened(a, b->level - a->level);
    for (int64_t i = 0; i < SLOTS; i++)
        if (b->table[i].key) {
            if (a->level > 0 && b->level == 0) told(a, mixed(b->table[i].key - 1));
            counted(a, (b->table[i].key - 1) >> (a->level - b->level), b->table[i].count);
        }
    for (int64_t i = 0; i < REGISTERS; i++) if (b->registers[i] > a->registers[i]) a->registers[i] = b->registers[i];
    for (int64_t i = 0; i < SIZES; i++) a->sizes[i] += b->sizes[i];
    for (int64_t i = 0; i < LENGTHS; i++) a->lengths[i] += b->lengths[i];
    for (int64_t i = 0; i < b->spikes; i++) keep_spike(a, b->spike[i]);
    for (int64_t i = 0; i < b->runs; i++) keep_run(a, b->run[i]);
}

/* Cells that are missing, and numbers below and above a range; as a column is taken in, but for what nobody asked. */
static void outside(const double *values, int64_t n, double from, double to, int64_t *found) {
    for (int64_t i = 0; i < n; i += BLOCK) {
        const double *x = values + i;
        int64_t many = n - i < BLOCK ? n - i : BLOCK;
        double low, high, sum = summed_up(x, many, &low, &high);
        if (is_finite(sum) && low >= from && high <= to) continue;
        for (int64_t j = 0; j < many; j++) {
            int known = is_finite(x[j]);
            found[0] += !known && (bits_of(x[j]) & 0xFFFFFFFFFFFFFull);
            found[1] += known && x[j] < from;
            found[2] += known && x[j] > to;
        }
    }
}

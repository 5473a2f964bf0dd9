/* SPDX-License-Identifier: MIT */
/* Kernels that live from memory. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "kernels.h"

static void sift(uint32_t *v, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && v[child + 1] > v[child]) {
            child++;
        }
        if (v[root] >= v[child]) {
            return;
        }
        uint32_t t = v[root];
        v[root] = v[child];
        v[child] = t;
    }
}

static void quick(uint32_t *v, long lo, long hi)
{
    while (lo < hi) {
        uint32_t pivot = v[(lo + hi) / 2];
        long i = lo, j = hi;
        while (i <= j) {
            while (v[i] < pivot) {
                i++;
            }
            while (v[j] > pivot) {
                j--;
            }
            if (i <= j) {
                uint32_t t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (j - lo < hi - i) {
            quick(v, lo, j);
            lo = i;
        } else {
            quick(v, i, hi);
            hi = j;
        }
    }
}

uint64_t kernel_sort(void)
{
    enum { N = 1000000, HEAP = 200000 };
    uint32_t *v = malloc(N * sizeof *v);
    uint64_t seed = 7, sum = 0;
    for (int i = 0; i < N; i++) {
        v[i] = (uint32_t)next_random(&seed);
    }
    for (size_t i = HEAP / 2; i-- > 0;) {
        sift(v, i, HEAP);
    }
    for (size_t n = HEAP; n > 1; n--) {
        uint32_t t = v[0];
        v[0] = v[n - 1];
        v[n - 1] = t;
        sift(v, 0, n - 1);
    }
    quick(v, 0, N - 1);
    for (int i = 0; i < N; i += 1000) {
        sum = sum * 31 + v[i];
    }
    free(v);
    return sum;
}

uint64_t kernel_hash(void)
{
    enum { SIZE = 1 << 21 };
    uint64_t *table = calloc(SIZE, sizeof *table), seed = 99, found = 0;
    for (int i = 0; i < 1000000; i++) {
        uint64_t key = next_random(&seed) | 1;
        size_t at = key * 0x9e3779b97f4a7c15u >> 43;
        while (table[at] && table[at] != key) {
            at = (at + 1) % SIZE;
        }
        table[at] = key;
    }
    seed = 99;
    for (int i = 0; i < 2000000; i++) {
        uint64_t key = next_random(&seed) | 1;
        for (size_t at = key * 0x9e3779b97f4a7c15u >> 43; table[at]; at = (at + 1) % SIZE) {
            if (table[at] == key) {
                found++;
                break;
            }
        }
    }
    free(table);
    return found;
}

static uint64_t chase(size_t n, int steps)
{
    struct cell {
        struct cell *next;
        uint64_t pad[7];
    } *cells = malloc(n * sizeof *cells);
    uint32_t *order = malloc(n * sizeof *order);
    uint64_t seed = 5, sum = 0;
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = next_random(&seed) % (i + 1);
        uint32_t t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (size_t i = 0; i < n; i++) {
        cells[order[i]].next = &cells[order[(i + 1) % n]];
        cells[order[i]].pad[0] = i;
    }
    const struct cell *p = cells;
    for (int i = 0; i < steps; i++) {
        p = p->next;
        sum += p->pad[0];
    }
    free(order);
    free(cells);
    return sum;
}

uint64_t kernel_chase(void)
{
    return chase(256, 30000000);
}

uint64_t kernel_chase64(void)
{
    return chase((64u << 20) / 64, 2000000);
}

uint64_t kernel_loadstore(void)
{
    static uint64_t a[2048], b[2048];
    for (int i = 0; i < 2048; i++) {
        a[i] = (uint64_t)i * 77;
    }
    for (int round = 0; round < 20000; round++) {
        for (int i = 0; i < 2048; i++) {
            uint64_t v = a[i];
            __asm__ volatile("" : "+r"(v)); /* keeps the loop scalar */
            b[i] += v;
        }
    }
    return b[2047] + b[1];
}

/* Words of a small vocabulary: compressible like text. */
static void text(uint8_t *out, size_t n)
{
    static const char *const words[] = { "the ", "guest ", "writes ", "to ", "memory ", "and ",
                                         "reads ", "a ", "page ", "fault\n", "of ", "vector " };
    uint64_t seed = 31;
    for (size_t i = 0; i < n;) {
        const char *w = words[next_random(&seed) % 12];
        for (; *w && i < n; w++) {
            out[i++] = (uint8_t)*w;
        }
        if (i < n && next_random(&seed) % 7 == 0) {
            out[i++] = (uint8_t)next_random(&seed);
        }
    }
}

static size_t squeeze(const uint8_t *in, size_t n, uint8_t *out)
{
    static uint32_t last[1 << 14];
    memset(last, 0, sizeof last);
    size_t o = 0;
    for (size_t i = 0; i + 4 < n;) {
        uint32_t four;
        memcpy(&four, in + i, 4);
        uint32_t *slot = &last[four * 2654435761u >> 18];
        size_t from = *slot, len = 0;
        *slot = (uint32_t)i;
        if (from && i - from < 65536) {
            while (i + len < n && len < 255 && in[from + len] == in[i + len]) {
                len++;
            }
        }
        if (len >= 4) {
            out[o++] = 0xff;
            out[o++] = (uint8_t)len;
            out[o++] = (uint8_t)(i - from);
            out[o++] = (uint8_t)((i - from) >> 8);
            i += len;
        } else {
            out[o++] = in[i++];
        }
    }
    return o;
}

uint64_t kernel_lz(void)
{
    enum { N = 1 << 20 };
    uint8_t *in = malloc(N), *out = malloc(2 * N);
    text(in, N);
    uint64_t sum = 0;
    for (int round = 0; round < 10; round++) {
        in[round * 1000] ^= 1;
        sum = sum * 31 + squeeze(in, N, out);
    }
    free(in);
    free(out);
    return sum;
}

uint64_t kernel_zlib(void)
{
    enum { N = 1 << 20 };
    uint8_t *in = malloc(N), *out = malloc(2 * N), *back = malloc(N);
    text(in, N);
    uint64_t sum = 0;
    for (int round = 0; round < 2; round++) {
        uLongf size = 2 * N, again = N;
        compress2(out, &size, in, N, 6);
        uncompress(back, &again, out, size);
        sum = sum * 31 + size + (uint64_t)(memcmp(in, back, N) == 0);
        in[round] ^= 1;
    }
    free(in);
    free(out);
    free(back);
    return sum;
}

struct tree {
    struct tree *left, *right;
};

static struct tree *grow(int depth)
{
    struct tree *t = malloc(sizeof *t);
    t->left = depth ? grow(depth - 1) : 0;
    t->right = depth ? grow(depth - 1) : 0;
    return t;
}

static unsigned count(const struct tree *t)
{
    return t ? 1 + count(t->left) + count(t->right) : 0;
}

static void fell(struct tree *t)
{
    if (t) {
        fell(t->left);
        fell(t->right);
        free(t);
    }
}

uint64_t kernel_tree(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < 24; i++) {
        struct tree *t = grow(15);
        sum += count(t);
        fell(t);
    }
    return sum;
}

uint64_t kernel_movs(void)
{
    enum { N = 1 << 20 };
    uint8_t *a = malloc(N), *b = malloc(N);
    uint64_t sum = 0;
    for (int round = 0; round < 600; round++) {
        void *d = a;
        size_t n = N;
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(round) : "memory");
        void *to = b;
        const void *from = a;
        n = N / 8;
        __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        sum = sum * 31 + b[round * 77];
    }
    free(a);
    free(b);
    return sum;
}

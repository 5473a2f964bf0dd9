/* SPDX-License-Identifier: MIT */
/* Kernels that compute and touch little memory. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

/* --- mix ------------------------------------------------------------------------------------ */

struct node {
    struct node *next;
    int16_t key, data;
};

static uint16_t crc16(uint16_t crc, uint16_t v)
{
    for (int i = 0; i < 16; i++, v >>= 1) {
        crc = (uint16_t)((crc ^ v) & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
    }
    return crc;
}

static struct node *reverse(struct node *n)
{
    struct node *r = 0;
    while (n) {
        struct node *next = n->next;
        n->next = r;
        r = n;
        n = next;
    }
    return r;
}

static uint16_t lists(struct node *pool, int n, int seed)
{
    for (int i = 0; i < n; i++) {
        pool[i] = (struct node){ i + 1 < n ? pool + i + 1 : 0, (int16_t)(i * seed), (int16_t)i };
    }
    struct node *list = pool;
    uint16_t crc = 0;
    for (int find = 0; find < 16; find++) {
        list = reverse(list);
        for (struct node *p = list; p; p = p->next) {
            if ((p->data & 0xff) == find * 7) {
                crc = crc16(crc, (uint16_t)p->key);
                break;
            }
        }
    }
    return crc;
}

static uint16_t machine(const char *text, int len)
{
    enum { START, INT, FLOAT, EXP, BAD, N } s = START;
    unsigned count[N] = { 0 };
    for (int i = 0; i < len; i++) {
        char c = text[i];
        switch (s) {
        case START:
            s = c >= '0' && c <= '9' ? INT : c == '.' ? FLOAT : c == '+' || c == '-' ? INT : BAD;
            break;
        case INT:
            s = c == '.' ? FLOAT : c == ',' ? START : c >= '0' && c <= '9' ? INT : BAD;
            break;
        case FLOAT:
            s = c == 'e' ? EXP : c == ',' ? START : c >= '0' && c <= '9' ? FLOAT : BAD;
            break;
        case EXP:
            s = c == ',' ? START : c == '-' || (c >= '0' && c <= '9') ? EXP : BAD;
            break;
        default:
            s = c == ',' ? START : BAD;
        }
        count[s]++;
    }
    uint16_t crc = 0;
    for (int i = 0; i < N; i++) {
        crc = crc16(crc, (uint16_t)count[i]);
    }
    return crc;
}

static uint16_t small_matrix(int16_t (*a)[10], int16_t (*b)[10], int seed)
{
    uint16_t crc = 0;
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            a[i][j] = (int16_t)(i * j + seed);
            b[i][j] = (int16_t)(i - j * seed);
        }
    }
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            int32_t sum = 0;
            for (int k = 0; k < 10; k++) {
                sum += (int32_t)a[i][k] * b[k][j];
            }
            crc = crc16(crc, (uint16_t)(sum >> 2));
        }
    }
    return crc;
}

uint64_t kernel_mix(void)
{
    static struct node pool[256];
    static int16_t a[10][10], b[10][10];
    static char text[512];
    static const char pattern[] = "5012,-874.5,0.25e-3,+12,abc,1e,3.14159,";
    for (unsigned i = 0; i < sizeof text; i++) {
        text[i] = pattern[i % (sizeof pattern - 1)];
    }
    uint64_t sum = 0;
    for (int i = 0; i < 4000; i++) {
        sum = sum * 31 + lists(pool, 256, i | 1);
        sum = sum * 31 + machine(text, sizeof text);
        sum = sum * 31 + small_matrix(a, b, i & 63);
    }
    return sum;
}

/* --- sha256 (FIPS 180-4) -------------------------------------------------------------------- */

static inline uint32_t ror(uint32_t v, int n)
{
    return v >> n | v << (32 - n);
}

static void constants(uint32_t *k)
{
    for (int n = 0, p = 2; n < 64; p++) {
        int prime = 1;
        for (int d = 2; d * d <= p; d++) {
            prime &= p % d != 0;
        }
        if (prime) {
            double root = cbrt(p);
            k[n++] = (uint32_t)((root - floor(root)) * 4294967296.0);
        }
    }
}

static void compress(uint32_t *h, const uint32_t *k, const uint8_t *block)
{
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) +
               (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    memcpy(s, h, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25)) +
                      ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        uint32_t t2 = (ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22)) +
                      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) {
        h[i] += s[i];
    }
}

uint64_t kernel_sha256(void)
{
    static uint8_t data[16384];
    uint32_t k[64], h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    constants(k);
    for (unsigned i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 31);
    }
    for (int round = 0; round < 600; round++) {
        for (unsigned i = 0; i < sizeof data; i += 64) {
            compress(h, k, data + i);
        }
    }
    return (uint64_t)h[0] << 32 | h[7];
}

/* --- interp --------------------------------------------------------------------------------- */

uint64_t kernel_interp(void)
{
    enum { PUSH, ADD, SUB, MUL, DUP, SWAP, LOADV, STOREV, JNZ, HALT };
    /* v0 = 9,000,000; do { v1 = v1 * 3 + v0; v0 = v0 - 1; } while (v0) */
    static const int32_t code[] = { PUSH, 9000000, STOREV, 0, LOADV, 1, PUSH, 3, MUL, LOADV, 0, ADD,
                                    STOREV, 1, LOADV, 0, PUSH, 1, SUB, DUP, STOREV, 0, JNZ, 4,
                                    HALT };
    uint64_t stack[32], vars[4] = { 0 }, *sp = stack;
    for (const int32_t *pc = code;;) {
        switch (*pc++) {
        case PUSH: *sp++ = (uint64_t)*pc++; break;
        case ADD: sp--; sp[-1] += sp[0]; break;
        case SUB: sp--; sp[-1] -= sp[0]; break;
        case MUL: sp--; sp[-1] *= sp[0]; break;
        case DUP: sp[0] = sp[-1]; sp++; break;
        case SWAP: { uint64_t t = sp[-1]; sp[-1] = sp[-2]; sp[-2] = t; break; }
        case LOADV: *sp++ = vars[*pc++]; break;
        case STOREV: vars[*pc++] = *--sp; break;
        case JNZ: { int32_t to = *pc++; if (*--sp) { pc = code + to; } break; }
        default: return vars[1];
        }
    }
}

/* --- fib, vcalls ---------------------------------------------------------------------------- */

static __attribute__((noinline)) unsigned fib(unsigned n)
{
    unsigned a = n;
    __asm__ volatile("" : "+r"(a)); /* or the compiler unrolls the recursion */
    return a < 2 ? a : fib(a - 1) + fib(a - 2);
}

uint64_t kernel_fib(void)
{
    return fib(37);
}

struct shape {
    uint64_t (*area)(const struct shape *);
    uint64_t a, b;
};

static __attribute__((noinline)) uint64_t square(const struct shape *s)
{
    return s->a * s->a;
}

static __attribute__((noinline)) uint64_t rectangle(const struct shape *s)
{
    return s->a * s->b;
}

static __attribute__((noinline)) uint64_t triangle(const struct shape *s)
{
    return s->a * s->b / 2;
}

uint64_t kernel_vcalls(void)
{
    static struct shape shapes[64];
    uint64_t (*const kinds[])(const struct shape *) = { square, rectangle, triangle };
    uint64_t seed = 88172645463325252u, sum = 0;
    for (int i = 0; i < 64; i++) {
        shapes[i].area = kinds[next_random(&seed) % 3];
        shapes[i].a = next_random(&seed) % 100;
        shapes[i].b = next_random(&seed) % 100;
    }
    for (int round = 0; round < 400000; round++) {
        for (int i = 0; i < 64; i++) {
            sum += shapes[i].area(&shapes[i]);
        }
    }
    return sum;
}

/* --- floating point ------------------------------------------------------------------------- */

static uint64_t bits(double d)
{
    uint64_t v;
    memcpy(&v, &d, sizeof v);
    return v;
}

uint64_t kernel_nbody(void)
{
    enum { N = 5 };
    static double p[N][3], v[N][3], m[N];
    uint64_t seed = 42;
    for (int i = 0; i < N; i++) {
        m[i] = 1.0 + (double)(next_random(&seed) % 100) / 50;
        for (int k = 0; k < 3; k++) {
            p[i][k] = (double)(next_random(&seed) % 1000) / 100;
            v[i][k] = 0;
        }
    }
    for (int step = 0; step < 600000; step++) {
        for (int i = 0; i < N; i++) {
            for (int j = i + 1; j < N; j++) {
                double d[3], r2 = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = p[i][k] - p[j][k];
                    r2 += d[k] * d[k];
                }
                double f = 1e-4 / (r2 * sqrt(r2));
                for (int k = 0; k < 3; k++) {
                    v[i][k] -= d[k] * m[j] * f;
                    v[j][k] += d[k] * m[i] * f;
                }
            }
        }
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < 3; k++) {
                p[i][k] += v[i][k] * 1e-4;
            }
        }
    }
    return bits(p[0][0]) ^ bits(v[4][2]);
}

uint64_t kernel_matmul(void)
{
    enum { N = 160 };
    static double a[N][N], b[N][N], c[N][N];
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = i + j * 0.5;
            b[i][j] = i - j * 0.25;
            c[i][j] = 0;
        }
    }
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) {
                double x = a[i][k];
                for (int j = 0; j < N; j++) {
                    c[i][j] += x * b[k][j];
                }
            }
        }
    }
    return bits(c[3][5]) ^ bits(c[N - 1][N - 2]);
}

int cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

__attribute__((target("avx2,fma"))) uint64_t kernel_avx2(void)
{
    static float x[4096] __attribute__((aligned(32))), y[4096] __attribute__((aligned(32)));
    static uint32_t n[4096] __attribute__((aligned(32)));
    for (int i = 0; i < 4096; i++) {
        x[i] = (float)i;
        y[i] = 1;
        n[i] = (uint32_t)i * 2654435761u;
    }
    __m256i acc = _mm256_setzero_si256();
    for (int round = 0; round < 100000; round++) {
        __m256 f = _mm256_set1_ps(1.0f / (float)(round + 1));
        for (int i = 0; i < 4096; i += 8) {
            __m256 v = _mm256_fmadd_ps(_mm256_load_ps(x + i), f, _mm256_load_ps(y + i));
            _mm256_store_ps(y + i, _mm256_mul_ps(v, _mm256_set1_ps(0.5f)));
            __m256i k = _mm256_load_si256((const __m256i *)(n + i));
            acc = _mm256_add_epi32(acc, _mm256_mullo_epi32(k, _mm256_srli_epi32(k, 3)));
        }
    }
    uint32_t out[8], sum = 0;
    _mm256_storeu_si256((__m256i *)out, acc);
    for (int i = 0; i < 8; i++) {
        sum = sum * 31 + out[i];
    }
    uint32_t f;
    memcpy(&f, &y[77], sizeof f);
    return (uint64_t)sum << 32 | f;
}

uint64_t kernel_x87(void)
{
    long double sum = 0, x = 0.5L;
    for (int i = 1; i < 6000000; i++) {
        x = x * 1.0000001L + 1.0L / (long double)i;
        sum += x * x - sum * 0.125L;
    }
    return bits((double)sum);
}

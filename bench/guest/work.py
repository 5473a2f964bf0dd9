# SPDX-License-Identifier: MIT
"""What Python programs do: numbers, objects, strings, dictionaries, sorting, JSON, expressions."""
import json
import re


def fannkuch(n):
    best, perm = 0, list(range(n))
    count, r = [0] * n, n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        p, flips = perm[:], 0
        while p[0]:
            k = p[0] + 1
            p[:k] = p[k - 1::-1] if k < len(p) else p[::-1]
            flips += 1
        best = max(best, flips)
        while True:
            if r == n:
                return best
            perm.insert(r, perm.pop(0))
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1


class Body:
    def __init__(self, n):
        self.x, self.y, self.vx, self.vy = float(n), float(n * n % 7), 0.0, 0.0

    def pull(self, other):
        dx, dy = other.x - self.x, other.y - self.y
        f = 0.001 / (dx * dx + dy * dy + 0.1) ** 1.5
        self.vx += dx * f
        self.vy += dy * f


def planets(steps):
    bodies = [Body(n) for n in range(6)]
    for _ in range(steps):
        for a in bodies:
            for b in bodies:
                if a is not b:
                    a.pull(b)
        for a in bodies:
            a.x += a.vx
            a.y += a.vy
    return sum(b.x for b in bodies)


def words(n):
    seed, text = 1, []
    for _ in range(n):
        seed = seed * 1103515245 + 12345 & 0x7fffffff
        text.append('w%d' % (seed >> 16 & 1023))
    counts = {}
    for word in text:
        counts[word] = counts.get(word, 0) + 1
    found = re.findall(r'\bw(\d)(\d)\2\b', ' '.join(text))
    return sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))[:5], len(found)


def documents(n):
    data = [{'id': i, 'name': f'item {i}', 'tags': ['a', 'b', str(i % 7)], 'v': i / 7}
            for i in range(n)]
    return sum(len(json.dumps(json.loads(json.dumps(data)))) for _ in range(3))


print(fannkuch(8), '%.12f' % planets(6000), words(400000), documents(8000))

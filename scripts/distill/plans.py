"""Students by name: which layers of the teacher, how wide, which heads have which scores.

`dot` counts the heads of each layer that keep dot-product scores: those whose attention varies most between texts.
"""

LAYERS = (0, 2, 5)


def plan(kinds=('random',), dot=0, layers=LAYERS, inner=1536, dot_kinds=('dot',), **sizes):
    return {'kinds': list(kinds), 'dot': [dot] * len(layers) if isinstance(dot, int) else list(dot),
            'dot_kinds': list(dot_kinds), 'from': list(layers), 'inner': inner, 'sizes': sizes}


PLANS = {
    'R': plan(),
    'FR': plan(('factorized',)),
    'D': plan(('dense',)),
    'FD': plan(('dense factors',)),
    'R+D': plan(('random', 'dense')),
    'D+V': plan(('dense', 'dot')),
    'R+V': plan(('random', 'dot')),
    'V': plan(('dot',)),
    'R, 2 dot': plan(dot=2),
    'R, 4 dot': plan(dot=4),
    'R, 5 dot': plan(dot=5),
    'R+D, 5 dot': plan(('random', 'dense'), dot=5),
    'R, 5 dot, 1152': plan(dot=5, inner=1152),
    'R, 5 dot, 1024': plan(dot=5, inner=1024),
    'R, 5 dot, 768': plan(dot=5, inner=768),
    'R, 5 R+V, 1024': plan(dot=5, dot_kinds=('random', 'dot'), inner=1024),
    'R, 1 7 7 dot, 1024': plan(dot=(1, 7, 7), inner=1024),
    'R, 1 7 9 dot, 1024': plan(dot=(1, 7, 9), inner=1024),
    'R, 0 6 11 dot, 1024': plan(dot=(0, 6, 11), inner=1024),
    'R, 0 5 12 dot, 1024': plan(dot=(0, 5, 12), inner=1024),
    'R, 0 6 11 dot, 1024, layers 0 3 5': plan(dot=(0, 6, 11), inner=1024, layers=(0, 3, 5)),
    'R, 0 6 11 dot, 1024, layers 1 3 5': plan(dot=(0, 6, 11), inner=1024, layers=(1, 3, 5)),
    'R+D, 5 dot, 1024': plan(('random', 'dense'), dot=5, inner=1024),
    '4 layers, R, 5 dot, 640': plan(dot=5, layers=(0, 2, 3, 5), inner=640),
    '4 layers, R, 5 dot, 768': plan(dot=5, layers=(0, 2, 3, 5), inner=768),
}


def work_of(name, length=20):
    """Multiply-adds a token in layers, over MiniLM's."""
    chosen = PLANS[name]
    hidden, total = 384, 0
    for dot in chosen['dot']:
        projected = 2 * hidden * hidden + 2 * hidden * chosen['inner']
        share = {'dot': 2 * hidden * hidden, 'dense': 12 * 32 * hidden + 12 * 32 * length,
                 'dense factors': 12 * 32 * hidden + 12 * 32 * 32}
        for kind in chosen['kinds']:
            projected += share.get(kind, 0) * (12 - dot) / 12
        for kind in chosen['dot_kinds']:
            projected += share.get(kind, 0) * dot / 12
        total += projected + 2 * hidden * length
    return total / (6 * (12 * hidden * hidden + 2 * hidden * length))

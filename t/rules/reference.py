"""The rule language a second time, as slow and plain as its description reads: what the engine in C is compared with (t/rules/run).

A fact is ABSENT, UNKNOWN, a value, or a list of values (a set). An answer is True, False or None (unknown)."""

ABSENT, UNKNOWN = 'absent', 'unknown'
STATES = (ABSENT, UNKNOWN)
FINAL = {'reject "5.7.1 no"': 'reject', 'defer "4.7.1 no"': 'defer', 'discard': 'discard', 'hold': 'hold', 'accept': 'deliver',
         'quarantine': 'quarantine', 'quarantine, reject "5.7.1 no"': 'reject'}
POSITIVE = {'!=': '=', 'not in': 'in'}


def opposite(answer):
    return None if answer is None else not answer


def conjunction(answers):
    answers = list(answers)
    return False if False in answers else None if None in answers else True


def alternative(answers):
    return opposite(conjunction(opposite(answer) for answer in answers))


def state_of(fact):
    return fact if isinstance(fact, str) and fact in STATES else 'known'


def holds(op, value, others):
    """One value against those on the right; text without regard to case."""
    value, *others = (x.lower() if isinstance(x, str) else x for x in (value, *others))
    return {'=': lambda: value in others, 'in': lambda: value in others,
            '<': lambda: value < others[0], '<=': lambda: value <= others[0],
            '>': lambda: value > others[0], '>=': lambda: value >= others[0],
            'contains': lambda: any(x in value for x in others), 'matches': lambda: others[0] in value,
            'starts with': lambda: any(value.startswith(x) for x in others),
            'ends with': lambda: any(value.endswith(x) for x in others)}[op]()


def compare(fact, op, others):
    positive = POSITIVE.get(op, op)
    if state_of(fact) == ABSENT:
        answer = False
    elif state_of(fact) == UNKNOWN:
        answer = None
    else:
        answer = any(holds(positive, value, others) for value in (fact if isinstance(fact, list) else [fact]))
    return answer if positive == op else opposite(answer)


def compare_facts(left, op, right):
    if ABSENT in (state_of(left), state_of(right)):
        answer = False
    elif UNKNOWN in (state_of(left), state_of(right)):
        answer = None
    else:
        answer = left.lower() == right.lower()
    return answer if op == '=' else opposite(answer)


class Walk:
    """One message under one chain. A condition is a tuple, its kind first; see `run` for how each is written."""

    def __init__(self, facts, attachments):
        self.facts, self.attachments = facts, attachments
        self.tags, self.tags_in_doubt, self.skipped = set(), set(), set()
        self.low = self.high = 0

    def score(self, op, number):
        if op in ('=', '!='):
            is_exact = self.low == self.high
            answer = self.low == number if is_exact else None if self.low <= number <= self.high else False
            return answer if op == '=' else opposite(answer)
        ends = {holds(op, end, [number]) for end in (self.low, self.high)}
        return ends.pop() if len(ends) == 1 else None

    def tag(self, name):
        return True if name in self.tags else None if name in self.tags_in_doubt else False

    def answer(self, condition, of=None):
        kind, *rest = condition
        facts = self.facts if of is None else of
        if kind in ('any', 'all', 'no'):
            each = [self.answer(rest[0], attachment) for attachment in self.attachments]
            if kind == 'all':
                return conjunction(each) if each else False
            return alternative(each) if kind == 'any' else opposite(alternative(each))
        return {'and': lambda: conjunction([self.answer(x, of) for x in rest]),
                'or': lambda: alternative([self.answer(x, of) for x in rest]),
                'not': lambda: opposite(self.answer(rest[0], of)),
                'tag': lambda: self.tag(*rest), 'score': lambda: self.score(*rest),
                'score is': lambda: rest[0] == ('known' if self.low == self.high else UNKNOWN),
                'state': lambda: state_of(facts[rest[0]]) == rest[1],
                'truth': lambda: compare(facts[rest[0]], '=', [True]),
                'facts': lambda: compare_facts(facts[rest[0]], rest[1], facts[rest[2]]),
                'compare': lambda: compare(facts[rest[0]], rest[1], rest[2])}[kind]()

    def applies(self, rule):
        when = self.answer(rule['when'])
        unless = self.answer(rule['unless']) if rule['unless'] else False
        if unless is None:
            unless = rule['kind'] == 'permit'
        return False if unless else when

    def leave_in_doubt(self, rule):
        for action, argument in rule['actions']:
            if action == 'score':
                self.low, self.high = self.low + min(argument, 0), self.high + max(argument, 0)
            elif action == 'tag':
                self.tags_in_doubt.add(argument)

    def carry_out(self, rule):
        """The disposition when it ends the chain."""
        end = None
        for action, argument in rule['actions']:
            if action == 'score':
                self.low, self.high = self.low + argument, self.high + argument
            elif action == 'tag':
                self.tags.add(argument)
            elif action == 'skip':
                self.skipped.add(argument)
            else:
                end = FINAL[argument]
        return end

    def decide(self, rules):
        """Disposition and the name of the rule, or None."""
        for rule in rules:
            if rule['mode'] == 'off' or rule['name'] in self.skipped:
                continue
            applies = self.applies(rule)
            if rule['mode'] == 'warn' or applies is False:
                continue
            if applies is None:
                self.leave_in_doubt(rule)
                continue
            end = self.carry_out(rule)
            if end:
                return end, rule['name']
        return 'deliver', None

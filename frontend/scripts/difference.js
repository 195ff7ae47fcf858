// What changed from one text to another, as few and as small changes as are quickly found, so that a caret or a
// selection elsewhere in the text stays where it is.

// More comparisons than this are not worth a moment of somebody's typing: the stretch is then one change.
const MOST_COMPARISONS = 400_000;

function isInsidePair(text, at) {
  const before = text.charCodeAt(at - 1);
  return at > 0 && at < text.length && before >= 0xd800 && before <= 0xdbff;
}

/** One change, without what both texts begin and end with; an emoji is never cut in half. */
function trimmed(from, before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  if (isInsidePair(before, start) || isInsidePair(after, start)) start -= 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  if (isInsidePair(before, before.length - end) || isInsidePair(after, after.length - end)) end -= 1;
  return { from: from + start, to: from + before.length - end, insert: after.slice(start, after.length - end) };
}

function linesOf(text) {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** How long the longest common row of lines is from each pair of places on. */
function commonLengths(before, after) {
  const width = after.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        before[i] === after[j]
          ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  return table;
}

/**
 * @param {string} before
 * @param {string} after
 * @returns {{from: number, to: number, insert: string}[]} in the places of `before`, in order
 */
export function changesBetween(before, after) {
  if (before === after) return [];
  const whole = trimmed(0, before, after);
  const old = linesOf(before);
  const now = linesOf(after);
  if (old.length * now.length > MOST_COMPARISONS) return [whole];
  const table = commonLengths(old, now);
  const width = now.length + 1;
  const changes = [];
  let [i, j, place, gone, come] = [0, 0, 0, "", ""];
  const settle = () => {
    if (gone || come) changes.push(trimmed(place - gone.length, gone, come));
    [gone, come] = ["", ""];
  };
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      settle();
      place += old[i].length;
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
      gone += old[i];
      place += old[i].length;
      i += 1;
    } else {
      come += now[j];
      j += 1;
    }
  }
  settle();
  return changes;
}

import type { CodeReviewTask } from '../protocol/task.ts';

const DIFF = `diff --git a/src/math/average.js b/src/math/average.js
index 3b18e51..9f2c0d4 100644
--- a/src/math/average.js
+++ b/src/math/average.js
@@ -1,6 +1,9 @@
 'use strict';
 
 function average(numbers) {
+  if (numbers.length === 0) {
+    throw new RangeError('average of an empty list');
+  }
   const sum = numbers.reduce((total, number) => total + number, 0);
   return sum / numbers.length;
 }
diff --git a/test/math/average.test.js b/test/math/average.test.js
index 51c3a07..c8d9be2 100644
--- a/test/math/average.test.js
+++ b/test/math/average.test.js
@@ -7,4 +7,8 @@ describe('average', () => {
   it('is the sum by the count', () => {
     assert.equal(average([1, 2, 6]), 3);
   });
+
+  it('refuses an empty list', () => {
+    assert.throws(() => average([]), RangeError);
+  });
 });
`;

/** A task for trying things out: a small clean change with its test, which every embedded model approves. */
export function createMockCodeReviewTask(): CodeReviewTask {
  return {
    type: 'CODE_REVIEW',
    pullRequest: {
      url: 'https://example.org/pheme/demo/pull/1',
      diff: DIFF,
      files: ['src/math/average.js', 'test/math/average.test.js'],
    },
    requirements: { style: true, security: true, performance: true },
  };
}

process.stderr.write('compare: nothing yet\n');

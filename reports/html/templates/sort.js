// A click on a column's head sorts its table; a second one turns the order round. Tables of several
// bodies keep theirs: their rows belong together.
(function () {
    'use strict';
    function key(cell) {
        var text = cell ? cell.firstChild ? cell.textContent.trim() : '' : '';
        var plain = text.replace(/[\u2009\u202f ]/g, '').replace(/^[\u2248+]/, '').replace('\u2212', '-');
        var number = parseFloat(plain);
        return /^[-+]?[0-9.]/.test(plain) && !isNaN(number) ? number : text;
    }
    function order(a, b) {
        if (typeof a === typeof b)
            return a < b ? -1 : a > b ? 1 : 0;
        return typeof a === 'number' ? -1 : 1;
    }
    function sort(table, column, head) {
        var body = table.tBodies[0], up = head.getAttribute('aria-sort') !== 'ascending';
        var rows = Array.prototype.map.call(body.rows, function (row, place) {
            return {row: row, key: key(row.cells[column]), place: place};
        });
        rows.sort(function (a, b) {
            var o = order(a.key, b.key);
            return (up ? o : -o) || a.place - b.place;
        });
        rows.forEach(function (r) { body.appendChild(r.row); });
        Array.prototype.forEach.call(head.parentNode.cells, function (th) {
            th.removeAttribute('aria-sort');
        });
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    }
    Array.prototype.forEach.call(document.querySelectorAll('main table'), function (table) {
        if (table.tBodies.length !== 1 || table.querySelector('[colspan]') ||
            table.tBodies[0].rows.length < 2)
            return;
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, column) {
            var button = document.createElement('button');
            button.type = 'button';
            while (th.firstChild)
                button.appendChild(th.firstChild);
            button.addEventListener('click', function () { sort(table, column, th); });
            th.appendChild(button);
        });
    });
})();

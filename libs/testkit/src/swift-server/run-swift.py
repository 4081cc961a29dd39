"""Makes the rings of a Swift of one device, or serves one of its four servers in this very process.

    run-swift.py rings DIRECTORY ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT
    run-swift.py serve DIRECTORY account|container|object|proxy
"""
import sys


def make_rings(directory, *ports):
    from swift.common.ring import RingBuilder

    for kind, port in zip(('account', 'container', 'object'), map(int, ports)):
        builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
        place = {'ip': '127.0.0.1', 'port': port, 'replication_ip': '127.0.0.1', 'replication_port': port}
        builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'device': 'd1', 'weight': 1.0, **place})
        builder.rebalance()
        builder.get_ring().save('%s/%s.ring.gz' % (directory, kind))


def serve(directory, kind):
    from swift.common import utils

    # The programs of the Debian packages read /etc/swift/swift.conf whatever they are told.
    utils.set_swift_dir(directory)
    from swift.common.storage_policy import reload_storage_policies

    reload_storage_policies()
    from swift.common.wsgi import run_wsgi

    options = {'verbose': True}
    if kind == 'object':
        from swift.obj import server

        options['global_conf_callback'] = server.global_conf_callback
    return run_wsgi('%s/%s-server.conf' % (directory, kind), kind + '-server', **options)


if __name__ == '__main__':
    sys.exit({'rings': make_rings, 'serve': serve}[sys.argv[1]](*sys.argv[2:]))

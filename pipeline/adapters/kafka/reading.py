"""Following the topic of a memory: from where the local copy is to the end that the topic has now."""

import time

from aiokafka import AIOKafkaConsumer, TopicPartition

from pipeline.adapters.kafka.address import MESSAGE_BYTES, Address
from pipeline.adapters.kafka.memory import PartitionMemory


async def follow(memory: PartitionMemory, address: Address, topic: str, partition: int) -> int:
    """Bring a memory up to date with its topic. Returns how many messages were read."""
    part, count = TopicPartition(topic, partition), 0
    reader = AIOKafkaConsumer(
        **address.client(), group_id=None, enable_auto_commit=False, max_partition_fetch_bytes=MESSAGE_BYTES
    )
    await reader.start()
    try:
        reader.assign([part])
        end = (await reader.end_offsets([part]))[part]
        reader.seek(part, memory.resume(end, time.time()))
        while await reader.position(part) < end:
            records = (await reader.getmany(part, timeout_ms=1000)).get(part, [])
            with memory.transaction():
                for record in records:
                    memory.apply(record.key, record.value)
                count += len(records)
                memory.reached(await reader.position(part), time.time())
        memory.reached(max(end, memory.followed()), time.time())
    finally:
        await reader.stop()
    return count

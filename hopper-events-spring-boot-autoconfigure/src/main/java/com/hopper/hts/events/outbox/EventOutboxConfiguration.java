/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.outbox;

import org.springframework.context.annotation.ImportSelector;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Configures the outbox, whatever its events are kept in.
 *
 * @since 0.1.0
 */
public class EventOutboxConfiguration implements ImportSelector {

	EventOutboxConfiguration() {
	}

	@Override
	public String[] selectImports(AnnotationMetadata importingClassMetadata) {
		return new String[] { EventOutboxConfigurations.Metrics.class.getName(),
				EventOutboxConfigurations.Tracing.class.getName(), EventOutboxConfigurations.Outbox.class.getName(),
				EventOutboxConfigurations.Gauges.class.getName() };
	}

}
